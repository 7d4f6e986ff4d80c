"""Work orders as an iCalendar file (RFC 5545), for calendar programs."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from icalendar import Calendar, Event

PRODUCT = "-//itops//work orders//"
#: Programs that heed it look again this often.
RENEWED = timedelta(hours=2)


@dataclass(frozen=True)
class Day:
    """Something that is due on a day, as a calendar shows it."""

    #: The same for ever, so that a program changes its entry instead of adding another.
    uid: str
    on: date
    summary: str
    description: str
    url: str
    #: Grows with each change.
    sequence: int = 0
    is_cancelled: bool = False


def calendar(days: Iterable[Day], *, name: str, at: datetime) -> bytes:
    """Return the file; an entry is a whole day and blocks nobody's time."""
    made = Calendar()
    made.add("prodid", PRODUCT)
    made.add("version", "2.0")
    made.add("method", "PUBLISH")
    made.add("x-wr-calname", name)
    made.add("refresh-interval", RENEWED, parameters={"VALUE": "DURATION"})
    for day in days:
        made.add_component(_event(day, at))
    return bytes(made.to_ical())


def _event(day: Day, at: datetime) -> Event:
    event = Event()
    event.add("uid", day.uid)
    event.add("dtstamp", at)
    event.add("dtstart", day.on)
    event.add("dtend", day.on + timedelta(days=1))
    event.add("summary", day.summary)
    event.add("description", day.description)
    event.add("sequence", day.sequence)
    event.add("status", "CANCELLED" if day.is_cancelled else "CONFIRMED")
    event.add("transp", "TRANSPARENT")
    if day.url:
        event.add("url", day.url)
    return event
