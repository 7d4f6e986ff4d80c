"""Time limits and service hours as a head writes them: parsed, checked, stored in one go."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time
from typing import Any

from sqlalchemy import select

from itops.db import db
from itops.errors import FieldError, Invalid, Message
from itops.models import ServiceTime, TicketTarget
from itops.services import auditing, written
from itops.services.auditing import Actor

SPAN = re.compile(r"(\d{1,2}):(\d{2})[-–—~至](\d{1,2}):(\d{2})")
MOST_MINUTES = 60 * 24 * 90
MOST_DAYS_OFF = 400


@dataclass(frozen=True)
class LimitFacts:
    """The table by priority (answer, solution, at any hour), and the hours of service."""

    rows: dict[int, tuple[int, int, bool]]
    days: list[int]
    spans: list[list[str]]
    days_off: list[str]


def parse(typed: Mapping[str, str]) -> LimitFacts:
    """Given the texts of a form, return what they state. Raise Invalid with all that is wrong."""
    wrong: list[FieldError] = []

    def read(name: str, reader: Any) -> Any:
        try:
            return reader(typed.get(name, ""))
        except Invalid as error:
            wrong.append(FieldError(name, error.message))
            return None

    rows = {}
    for priority in (1, 2, 3, 4):
        answer, solution = (
            read(f"response_{priority}", _minutes),
            read(f"resolution_{priority}", _minutes),
        )
        rows[priority] = (answer, solution, f"always_{priority}" in typed)
        if answer and solution and solution < answer:
            wrong.append(FieldError(f"resolution_{priority}", Message("limit.solution_later")))
    facts = LimitFacts(
        rows, read("days", _days), read("spans", _spans), read("days_off", _days_off)
    )
    if wrong:
        raise Invalid.many(wrong)
    return facts


def typed_of() -> dict[str, str]:
    """Return the texts from which `parse` reads what is set now."""
    hours, typed = db.session.scalars(select(ServiceTime)).one(), {}
    for row in db.session.scalars(select(TicketTarget)):
        typed[f"response_{row.priority}"] = str(row.response_minutes)
        typed[f"resolution_{row.priority}"] = str(row.resolution_minutes)
        if row.is_around_the_clock:
            typed[f"always_{row.priority}"] = "1"
    typed["days"] = ",".join(str(day + 1) for day in hours.days)
    typed["spans"] = ", ".join("-".join(span) for span in hours.spans)
    typed["days_off"] = "\n".join(hours.days_off)
    return typed


def save(facts: LimitFacts, *, by: Actor, at: datetime) -> None:
    """Set the limits for what is opened, moved or reprioritised from now on."""
    before = typed_of()
    for row in db.session.scalars(select(TicketTarget)):
        row.response_minutes, row.resolution_minutes, row.is_around_the_clock = facts.rows[
            row.priority
        ]
    hours = db.session.scalars(select(ServiceTime)).one()
    hours.days, hours.spans, hours.days_off = facts.days, facts.spans, facts.days_off
    db.session.flush()
    auditing.record("ticket_target.set", by=by, at=at, before=before, after=typed_of())


def _minutes(typed: str) -> int:
    found = written.plain(typed)
    is_number = found.isascii() and found.isdigit() and len(found) < 10
    if not is_number or not 0 < int(found) <= MOST_MINUTES:
        raise Invalid("limit.minutes", n=MOST_MINUTES)
    return int(found)


def _days(typed: str) -> list[int]:
    found = sorted({int(digit) - 1 for digit in re.findall(r"[1-7]", written.plain(typed))})
    if not found or re.search(r"[^1-7,，、 ]", written.plain(typed)):
        raise Invalid("limit.days")
    return found


def _spans(typed: str) -> list[list[str]]:
    parts = [part for part in re.split(r"[,，、;\s]+", written.plain(typed)) if part]
    spans = []
    for part in parts:
        match = SPAN.fullmatch(part)
        numbers = [int(number) for number in match.groups()] if match else [99]
        if len(numbers) != 4 or max(numbers[::2]) > 23 or max(numbers[1::2]) > 59:
            raise Invalid("limit.spans")
        hour, minute, until_hour, until_minute = numbers
        spans.append((time(hour, minute), time(until_hour, until_minute)))
    order = [moment for span in sorted(spans) for moment in span]
    if not spans or order != sorted(set(order)):
        raise Invalid("limit.spans")
    return [[f"{begin:%H:%M}", f"{end:%H:%M}"] for begin, end in sorted(spans)]


def _days_off(typed: str) -> list[str]:
    days = [written.day(part) for part in re.split(r"[,，、;\s]+", typed) if part]
    if len(days) > MOST_DAYS_OFF:
        raise Invalid("limit.many_days_off", n=MOST_DAYS_OFF)
    return sorted({on.isoformat() for on in days if on is not None})
