"""A year of the demo hospital's work: what failed, who was told, what was done and proven."""
