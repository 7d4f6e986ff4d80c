"""Turns the dates that programs print into epoch seconds."""

from __future__ import annotations

import calendar
import re

MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
ISO = re.compile(r"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.\d+)?(Z|[+-]\d\d:\d\d)?")


def from_ctime(text: str) -> float | None:
    """Given "Sat Nov 21 09:20:00 2026" (UTC), return its epoch seconds; None if it isn't that.

    Not by strptime, which follows the locale.
    """
    words = text.split()
    if len(words) != 5 or words[1] not in MONTHS:
        return None
    hour, minute, second = (int(part) for part in words[3].split(":"))
    month = MONTHS.index(words[1]) + 1
    return seconds(int(words[4]), month, int(words[2]), hour, minute, second)


def from_iso(text: object) -> float | None:
    """Given an ISO 8601 time (UTC where it names no zone), return its epoch seconds."""
    match = ISO.fullmatch(text) if isinstance(text, str) else None
    if match is None:
        return None
    at = seconds(*(int(part) for part in match.groups()[:6]))
    zone = match.group(7)
    if at is None or zone in (None, "Z"):
        return at
    offset = int(zone[1:3]) * 3600 + int(zone[4:6]) * 60
    return at - offset if zone[0] == "+" else at + offset


def seconds(*parts: int) -> float | None:
    """Return epoch seconds; None before 1980: what a program prints when it has no date."""
    at = float(calendar.timegm((*parts, 0, 0, 0)))
    return at if at > 315_532_800 else None
