"""Time series of hosts' figures: written as rows, packed, rolled up, read back as one series."""
