"""The demo hospital: made from a fixed seed, marked on every row, removed by one command."""
