"""Secrets: sealed where they must be read again, hashed where not."""
