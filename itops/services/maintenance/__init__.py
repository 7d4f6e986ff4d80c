"""Maintenance: plans, the work orders that they make, what proves them, and who signed."""
