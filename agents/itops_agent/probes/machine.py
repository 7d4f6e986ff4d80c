"""Since when this machine is up, and how many people are signed in."""

import psutil


def boot_at() -> float:
    return round(psutil.boot_time(), 1)


def users() -> int:
    """Return how many different people are signed in. Their names stay here."""
    return len({user.name for user in psutil.users()})
