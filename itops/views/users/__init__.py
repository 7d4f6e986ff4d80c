"""The pages of people: accounts and roles, signing in, one's own settings."""
