"""How times and amounts are written: pure functions of a value and its reader, as filters too."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from jinja2 import Environment

from itops import i18n
from itops.i18n import translate

MINUTE, HOUR, DAY = 60, 3_600, 86_400
#: Up to here an age is told in that unit: (seconds, the unit's length, its message key).
AGES = (
    (MINUTE, 1, "format.seconds"),
    (HOUR, MINUTE, "format.minutes"),
    (2 * DAY, HOUR, "format.hours"),
    (730 * DAY, DAY, "format.days"),
)
MONTH_DAYS = 30.44
#: Units of time that are written as words.
LENGTHS = {"min": "format.minutes", "h": "format.hours", "d": "format.days"}


@dataclass(frozen=True)
class Reader:
    """For whom a page is written: the language, the hospital's time zone, the request's time."""

    language: str
    zone: ZoneInfo
    at: datetime


def clock(at: datetime, reader: Reader) -> str:
    """Return "10:06"."""
    return at.astimezone(reader.zone).strftime("%H:%M")


def moment(at: datetime, reader: Reader) -> str:
    """Return "2026-11-23 10:06": for paper and audit, where the day must stand."""
    return at.astimezone(reader.zone).strftime("%Y-%m-%d %H:%M")


def stamp(at: datetime, reader: Reader) -> str:
    """Return "10:06" for today, "11-23 10:06" for this year, else "2026-11-23"."""
    there, now = at.astimezone(reader.zone), reader.at.astimezone(reader.zone)
    if there.date() == now.date():
        return there.strftime("%H:%M")
    return there.strftime("%m-%d %H:%M" if there.year == now.year else "%Y-%m-%d")


def day(on: date, reader: Reader) -> str:
    """Return "2026-11-23"; a moment is taken to the hospital's zone first."""
    return (on.astimezone(reader.zone) if isinstance(on, datetime) else on).strftime("%Y-%m-%d")


def iso(at: datetime, _reader: Reader) -> str:
    """Return what a machine reads: "2026-11-23T02:06:00Z"."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def age(seconds: float, reader: Reader) -> str:
    """Return "54 minutes", "3 days", "8 years 5 months": one unit, two from two years on."""
    whole = max(0, int(seconds))
    for limit, length, key in AGES:
        if whole < limit:
            return translate(key, reader.language, n=whole // length)
    years, months = divmod(int(whole / DAY / MONTH_DAYS), 12)
    told = [translate("format.years", reader.language, n=years)]
    if months:
        told.append(translate("format.months", reader.language, n=months))
    return " ".join(told)


def since(at: datetime, reader: Reader) -> str:
    """Return how long ago `at` was, as `age` does."""
    return age((reader.at - at).total_seconds(), reader)


def ago(at: datetime, reader: Reader) -> str:
    """Return "54 minutes ago"."""
    return translate("format.ago", reader.language, age=since(at, reader))


def number(value: float, _reader: Reader) -> str:
    """Return "1,204"; what is not whole has one decimal, below 1 two."""
    if value == int(value):
        return f"{value:,.0f}"
    return f"{value:,.2f}" if abs(value) < 1 else f"{value:,.1f}"


def size(count: float, _reader: Reader | None = None) -> str:
    """Return "1.3 TB", "221 GB", "0 B"."""
    return i18n.size(count)


def rate(per_second: float, _reader: Reader | None = None) -> str:
    """Return "1.2 MB/s"."""
    return f"{size(per_second)}/s"


def percent(value: float, _reader: Reader | None = None) -> str:
    """Return "78 %", "0.4 %". What is not quite full is never rounded to 100."""
    if 99 < value < 100:
        return f"{min(value, 99.9):.1f} %"
    return f"{value:.1f} %" if 0 < value < 9.95 and value != int(value) else f"{value:.0f} %"


def amount(value: float, unit: str, reader: Reader) -> str:
    """Given a measured value and its unit, return it as people write it."""
    if unit in SHORT:
        return SHORT[unit](value)
    if unit == "s":
        return age(value, reader) if value >= 1 else f"{value * 1000:.0f} ms"
    if unit in LENGTHS:
        whole = int(value) if value == int(value) else number(value, reader)
        return translate(LENGTHS[unit], reader.language, n=whole)
    return f"{number(value, reader)} {unit}".strip()


SHORT: dict[str, Callable[[float], str]] = {"%": percent, "B": size, "B/s": rate}
#: The filters by name. All but `amount` take the value alone; nothing at all reads "unknown".
FILTERS: dict[str, Callable[..., str]] = {
    "clock": clock,
    "moment": moment,
    "stamp": stamp,
    "day": day,
    "iso": iso,
    "age": age,
    "since": since,
    "ago": ago,
    "number": number,
    "bytes": size,
    "rate": rate,
    "percent": percent,
}


def register(environment: Environment, reader: Callable[[], Reader]) -> None:
    """Give templates the filters, for whoever `reader` says is reading."""
    for name, write in FILTERS.items():
        environment.filters[name] = _filter(write, reader)
    environment.filters["amount"] = _amount_filter(reader)


def _filter(write: Callable[..., str], reader: Callable[[], Reader]) -> Callable[[Any], str]:
    def filtered(value: Any) -> str:
        for_whom = reader()
        return unknown(for_whom) if value is None else write(value, for_whom)

    return filtered


def _amount_filter(reader: Callable[[], Reader]) -> Callable[[float | None, str], str]:
    def filtered(value: float | None, unit: str) -> str:
        for_whom = reader()
        return unknown(for_whom) if value is None else amount(value, unit, for_whom)

    return filtered


def unknown(reader: Reader) -> str:
    """Return the word for what is not known: never an empty cell, never 0."""
    return translate("state.unknown", reader.language)
