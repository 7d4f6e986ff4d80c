"""Pages of tickets: the desk's, the labels', and those that a ward opens without an account."""
