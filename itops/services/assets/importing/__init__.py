"""Taking over a ledger: read it, map its columns, show every row's fate, apply all or nothing."""
