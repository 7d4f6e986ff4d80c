"""The database handle, the base of every model, and the column types they share."""
