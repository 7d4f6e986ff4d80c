"""The pages of remote checks, of what they sign in with, and of the keys of machines."""
