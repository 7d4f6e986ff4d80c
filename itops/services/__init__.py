"""The practices of the department, one file each."""
