"""The month's report: every figure is a count of rows that can be listed."""
