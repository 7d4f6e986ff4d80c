"""Maintenance: orders, plans, the calendar, and addresses for calendar programs."""
