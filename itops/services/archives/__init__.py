"""Our own backup: one archive a copy, made on line, proven by restoring it, put back whole."""
