"""Tickets: what clinical staff report, and what the department does about it in time."""
