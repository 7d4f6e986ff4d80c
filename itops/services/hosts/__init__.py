"""The fleet: how it stands, what is wrong with it, and what a person decides over a machine."""
