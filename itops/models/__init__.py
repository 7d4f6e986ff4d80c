"""The things that are tracked, one file each."""
