"""A calendar month in the hospital's zone, and how far a reader sees into it."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement

from itops.db import Base
from itops.errors import Invalid

#: "2026-11"; no report is older than itops and none is of a far future.
WRITTEN = re.compile(r"(20\d{2})-(0[1-9]|1[0-2])")


@dataclass(frozen=True, order=True)
class Month:
    """A calendar month."""

    year: int
    month: int

    @classmethod
    def of(cls, on: date) -> "Month":
        """Return the month of a day."""
        return cls(on.year, on.month)

    @classmethod
    def read(cls, text: str) -> "Month":
        """Read "2026-11". Raise Invalid for anything else."""
        found = WRITTEN.fullmatch(text)
        if not found or not text.isascii():
            raise Invalid("month.write_month", field="month")
        return cls(int(found[1]), int(found[2]))

    def __str__(self) -> str:
        return f"{self.year:04}-{self.month:02}"

    @property
    def first(self) -> date:
        return date(self.year, self.month, 1)

    @property
    def last(self) -> date:
        return self.next.first - timedelta(days=1)

    @property
    def next(self) -> "Month":
        """The month after it."""
        return Month(self.year + self.month // 12, self.month % 12 + 1)

    @property
    def previous(self) -> "Month":
        """The month before it."""
        return Month.of(self.first - timedelta(days=1))


@dataclass(frozen=True)
class Look:
    """A reader's look at a month: the moment, the zone, and what of each table is within reach."""

    month: Month
    at: datetime
    zone: ZoneInfo
    within: Callable[[type[Base]], ColumnElement[bool]]

    @property
    def today(self) -> date:
        """The day that it is in the hospital."""
        return self.at.astimezone(self.zone).date()

    @property
    def start(self) -> datetime:
        """The first moment of the month in the hospital."""
        return datetime.combine(self.month.first, time(), self.zone)

    @property
    def end(self) -> datetime:
        """The first moment after it."""
        return datetime.combine(self.month.next.first, time(), self.zone)

    @property
    def until(self) -> datetime:
        """The end of what is known of it: now, while it lasts."""
        return min(self.end, self.at)

    @property
    def is_running(self) -> bool:
        """Whether the month is not over yet."""
        return self.at < self.end
