"""Backups: the register of jobs, their runs, what was verified, and restore tests."""
