"""The moment at which something is done, and the day that it then is in the hospital."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo


@dataclass(frozen=True)
class Now:
    """A moment, and the hospital's time zone."""

    at: datetime
    zone: ZoneInfo

    @property
    def today(self) -> date:
        """The day that it is in the hospital."""
        return self.at.astimezone(self.zone).date()

    def start_of(self, on: date) -> datetime:
        """Return the first moment of a day in the hospital."""
        return datetime.combine(on, time(), self.zone)

    def end_of(self, on: date) -> datetime:
        """Return the first moment after a day in the hospital."""
        return self.start_of(on + timedelta(days=1))
