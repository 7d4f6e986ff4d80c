"""When something comes round: a strict part of RFC 5545, in dates, told in words.

Due is a day, not a moment, so neither a time zone nor a clock that is put back moves it. A day that
a month lacks (the 31st, 29 February) falls on that month's last one; RFC 5545 alone would leave the
month out. Every rule names its days in full: from any of its dates on it goes on alike.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from dateutil.relativedelta import relativedelta
from dateutil.rrule import rrulestr

from itops.errors import Invalid, Message

WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
#: A week of duty that is not a weekend; holidays are not known here.
WORKDAYS = (0, 1, 2, 3, 4)
#: A rule may come round this rarely.
MOST_EVERY = 120
#: Every month has so many days; later ones need a word on where they fall.
SHORTEST_MONTH = 28
#: The last day, and the last weekday, of a month.
LAST = -1
#: A month has a fifth Monday now and then only, so the fifth is the last.
MOST_NTH = 4
MONTH_DAYS, YEAR_DAYS = 30.44, 365.25


class Unit(StrEnum):
    DAY = "day"
    WORKDAY = "workday"
    WEEK = "week"
    MONTH = "month"
    YEAR = "year"


class MonthDay(StrEnum):
    """Which day of a month a start stands for."""

    SAME_DAY = "same_day"
    LAST_DAY = "last_day"
    SAME_WEEKDAY = "same_weekday"


@dataclass(frozen=True, kw_only=True)
class Recurrence:
    """Every so many units, on these days. Weekdays count from Monday, 0."""

    unit: Unit
    every: int = 1
    #: For weeks; and the one weekday of a month, with `nth`.
    weekdays: tuple[int, ...] = ()
    #: For months and years: 1 to 31, or LAST.
    month_day: int | None = None
    nth: int | None = None
    #: For years.
    month: int | None = None

    @property
    def rule(self) -> str:
        """The RRULE of RFC 5545."""
        return _RULES[self.unit](self)

    @property
    def interval_days(self) -> float:
        """How many days lie between two dates, on average."""
        if self.unit is Unit.WEEK:
            return 7 * self.every / len(self.weekdays)
        length = {Unit.DAY: 1.0, Unit.WORKDAY: 1.0, Unit.MONTH: MONTH_DAYS, Unit.YEAR: YEAR_DAYS}
        return length[self.unit] * self.every

    @property
    def words(self) -> Message:
        """How a person would say it."""
        return _WORDS[self.unit](self)

    def dates(self, start: date) -> Iterator[date]:
        """Yield the dates from `start` on: a day on which counting begins, or one of them."""
        begin = datetime(start.year, start.month, start.day)  # noqa: DTZ001 - a day has no zone
        return (moment.date() for moment in rrulestr(self.rule, dtstart=begin))

    def first(self, start: date) -> date:
        """Return the first date that is not before `start`. Raise Invalid if there is none."""
        found = next(self.dates(start), None)
        if found is None:
            raise Invalid("recurrence.too_far", field="starts_on")
        return found

    def after(self, last: date) -> date | None:
        """Return the date that follows `last`, which is one of the dates; None: none is left."""
        return next((found for found in self.dates(last) if found > last), None)

    def after_completion(self, done: date) -> date:
        """Return when it is due again after it was done, whenever it had been due."""
        if self.unit is Unit.WORKDAY:
            return next(found for found in self.dates(done) if found > done)
        return done + relativedelta(**{f"{self.unit}s": self.every})  # type: ignore[arg-type]


def from_start(
    unit: Unit,
    start: date,
    *,
    every: int = 1,
    weekdays: tuple[int, ...] = (),
    month_day: MonthDay = MonthDay.SAME_DAY,
) -> Recurrence:
    """Return the rule that a person means who names a first day. Raise Invalid on nonsense."""
    if not 1 <= every <= MOST_EVERY:
        raise Invalid("recurrence.every_wrong", field="every", n=MOST_EVERY)
    if unit is Unit.WEEK:
        days = tuple(sorted(set(weekdays) or {start.weekday()}))
        return Recurrence(unit=unit, every=every, weekdays=days)
    if unit is Unit.YEAR:
        return Recurrence(unit=unit, every=every, month=start.month, month_day=start.day)
    if unit is not Unit.MONTH:
        return Recurrence(unit=unit, every=every if unit is Unit.DAY else 1)
    if month_day is MonthDay.SAME_WEEKDAY:
        nth = (start.day - 1) // 7 + 1
        nth = nth if nth <= MOST_NTH else LAST
        return Recurrence(unit=unit, every=every, weekdays=(start.weekday(),), nth=nth)
    day = LAST if month_day is MonthDay.LAST_DAY else start.day
    return Recurrence(unit=unit, every=every, month_day=day)


def parse(rule: str) -> Recurrence:
    """Read a rule as `Recurrence.rule` writes it. Raise Invalid for every other one."""
    try:
        found = _read(dict(part.split("=") for part in rule.split(";")))
        if found.rule == rule and _is_sound(found):
            return found
    except (KeyError, ValueError, TypeError):
        pass
    raise Invalid("recurrence.not_understood", rule=rule[:80])


def _read(parts: dict[str, str]) -> Recurrence:
    unit = Unit(_UNITS[parts["FREQ"]])
    every = int(parts.get("INTERVAL", "1"))
    days = parts.get("BYDAY", "")
    if unit is Unit.WEEK:
        weekdays = tuple(WEEKDAYS.index(day) for day in days.split(","))
        is_workdays = weekdays == WORKDAYS and every == 1 and parts.get("WKST") is None
        if is_workdays:
            return Recurrence(unit=Unit.WORKDAY)
        return Recurrence(unit=unit, every=every, weekdays=weekdays)
    if unit is Unit.MONTH and days:
        weekday = WEEKDAYS.index(days[-2:])
        return Recurrence(unit=unit, every=every, weekdays=(weekday,), nth=int(days[:-2]))
    if unit is Unit.DAY:
        return Recurrence(unit=unit, every=every)
    month = int(parts["BYMONTH"]) if unit is Unit.YEAR else None
    day = int(parts["BYMONTHDAY"].split(",")[-1])
    return Recurrence(unit=unit, every=every, month=month, month_day=day)


def _is_sound(one: Recurrence) -> bool:
    """Whether every part says something that there is."""
    return (
        1 <= one.every <= MOST_EVERY
        and (one.month is None or 1 <= one.month <= 12)
        and (one.month_day is None or one.month_day == LAST or 1 <= one.month_day <= 31)
        and (one.nth is None or one.nth == LAST or 1 <= one.nth <= MOST_NTH)
        and list(one.weekdays) == sorted(set(one.weekdays))
    )


_UNITS = {"DAILY": "day", "WEEKLY": "week", "MONTHLY": "month", "YEARLY": "year"}


def _interval(one: Recurrence) -> str:
    return f";INTERVAL={one.every}" if one.every > 1 else ""


def _day_of_month(one: Recurrence) -> str:
    day = one.month_day or 1
    if day <= SHORTEST_MONTH:
        return f"BYMONTHDAY={day}"
    days = ",".join(str(each) for each in range(SHORTEST_MONTH, day + 1))
    return f"BYSETPOS=-1;BYMONTHDAY={days}"


def _month_rule(one: Recurrence) -> str:
    day = f"BYDAY={one.nth}{WEEKDAYS[one.weekdays[0]]}" if one.nth else _day_of_month(one)
    return f"FREQ=MONTHLY{_interval(one)};{day}"


def _week_rule(one: Recurrence) -> str:
    days = ",".join(WEEKDAYS[day] for day in one.weekdays)
    # Five days of every week, chosen one by one, are told from "workdays" by this.
    start = ";WKST=MO" if one.weekdays == WORKDAYS and one.every == 1 else ""
    return f"FREQ=WEEKLY{_interval(one)}{start};BYDAY={days}"


Writer = Callable[[Recurrence], str]
_RULES: dict[Unit, Writer] = {
    Unit.DAY: lambda one: f"FREQ=DAILY{_interval(one)}",
    Unit.WORKDAY: lambda _one: "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR",
    Unit.WEEK: _week_rule,
    Unit.MONTH: _month_rule,
    Unit.YEAR: lambda one: f"FREQ=YEARLY{_interval(one)};BYMONTH={one.month};{_day_of_month(one)}",
}


def _often(key: str, one: Recurrence, **words: object) -> Message:
    """Return "every week …" or "every 3 weeks …"."""
    many = {"n": one.every} if one.every > 1 else {}
    return Message(f"recurrence.{key}s" if many else f"recurrence.{key}", many | words)


def _weekday(day: int) -> Message:
    return Message(f"recurrence.weekday.{day}")


def _listed(days: tuple[int, ...]) -> Message:
    first, *rest = days
    told = _weekday(first)
    for day in rest:
        told = Message("recurrence.and", {"first": told, "second": _weekday(day)})
    return told


def _told_day(one: Recurrence) -> Message:
    if one.nth:
        key = "last_weekday" if one.nth == LAST else f"nth_weekday.{one.nth}"
        return Message(f"recurrence.{key}", {"weekday": _weekday(one.weekdays[0])})
    if one.month_day == LAST:
        return Message("recurrence.last_day")
    is_late = (one.month_day or 1) > SHORTEST_MONTH
    return Message(f"recurrence.{'late_day' if is_late else 'on_day'}", {"day": one.month_day})


def _told_year(one: Recurrence) -> Message:
    month = Message(f"recurrence.month_name.{one.month}")
    key = "leap_year" if (one.month, one.month_day) == (2, 29) else "year"
    return _often(key, one, month=month, day=one.month_day)


_WORDS: dict[Unit, Callable[[Recurrence], Message]] = {
    Unit.DAY: lambda one: _often("day", one),
    Unit.WORKDAY: lambda _one: Message("recurrence.workday"),
    Unit.WEEK: lambda one: _often("week", one, days=_listed(one.weekdays)),
    Unit.MONTH: lambda one: _often("month", one, day=_told_day(one)),
    Unit.YEAR: _told_year,
}
