"""Service hours: the time in which a target runs, and the arithmetic of moments in it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

#: Beyond this the hours hold no working day at all, which their making refuses.
FARTHEST = timedelta(days=3660)


@dataclass(frozen=True)
class ServiceHours:
    """The spans of a day in which somebody works, on some weekdays, but for days off.

    `days` are 0 (Monday) to 6; none of the spans goes over midnight. Moments are aware.
    """

    zone: ZoneInfo
    days: frozenset[int]
    spans: tuple[tuple[time, time], ...]
    days_off: frozenset[date] = frozenset()

    def __post_init__(self) -> None:
        """Refuse hours in which no target could ever be reached."""
        if not self.days or not any(begin < end for begin, end in self.spans):
            raise ValueError("service hours without an hour")

    def after(self, start: datetime, length: timedelta) -> datetime:
        """Return the moment at which `length` of service time has passed since `start`."""
        left = length
        for begin, end in self._spans_from(start):
            if begin + left <= end:
                return begin + left
            left -= end - begin
        return start + FARTHEST

    def between(self, start: datetime, end: datetime) -> timedelta:
        """Return how much service time lies between two moments; none if they are the other way."""
        total = timedelta()
        if start >= end:
            return total
        for begin, finish in self._spans_from(start):
            if begin >= end:
                break
            total += min(finish, end) - begin
        return total

    def _spans_from(self, start: datetime) -> Iterator[tuple[datetime, datetime]]:
        """Yield the spans that end after `start`, the first one cut, in UTC."""
        moment = start.astimezone(UTC)
        on = start.astimezone(self.zone).date()
        for _ in range(FARTHEST.days):
            if on.weekday() in self.days and on not in self.days_off:
                for begin, end in self.spans:
                    # Through UTC, since a day with a change of the clock is not 24 hours long.
                    opens, closes = self._at(on, begin), self._at(on, end)
                    if closes > moment and closes > opens:
                        yield max(opens, moment), closes
            on += timedelta(days=1)

    def _at(self, on: date, clock: time) -> datetime:
        return datetime.combine(on, clock, self.zone).astimezone(UTC)


@dataclass(frozen=True)
class AroundTheClock:
    """Service at every hour: the arithmetic of the clock on the wall."""

    def after(self, start: datetime, length: timedelta) -> datetime:
        """Return the moment at which `length` has passed since `start`."""
        return start + length

    def between(self, start: datetime, end: datetime) -> timedelta:
        """Return how much time lies between two moments; none if they are the other way."""
        return max(end - start, timedelta())


Hours = ServiceHours | AroundTheClock
