"""People: their accounts, their roles, and how they get in."""
