"""Settings: read once, checked at start, never read again."""
