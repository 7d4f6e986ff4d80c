"""What a person states of a module, parsed from the texts of a form."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Any

from itops.errors import FieldError, Invalid
from itops.models import Criticality, SystemModule
from itops.services import written

TIME = re.compile(r"([01]?\d|2[0-3])[:：]([0-5]\d)|24[:：]00")
#: A year; more is no promise.
MOST_MINUTES = 366 * 1440


class ServiceDays(StrEnum):
    """On which days a module has to work."""

    ALWAYS = "always"
    EVERY_DAY = "every_day"
    WORKDAYS = "workdays"


@dataclass(frozen=True, kw_only=True)
class ModuleFacts:
    """Everything about a module that people write; the names are its columns."""

    code: str
    name: str
    name_en: str
    site_id: int
    department_id: int | None
    owner_id: int | None
    software_version: str
    vendor: str
    vendor_phone: str
    criticality: Criticality
    rpo_minutes: int | None
    rto_minutes: int | None
    service_hours: dict[str, Any]
    meanwhile: str
    meanwhile_en: str
    notes: str


def minutes(typed: str) -> int | None:
    """Read a number of minutes: 30, 2h, 1d, 2小时 or 1天."""
    found = written.plain(typed).lower()
    if not found:
        return None
    match = re.fullmatch(r"(\d{1,7})\s*(m|min|分钟|分|h|小时|d|天)?", found)
    factor = {"h": 60, "小时": 60, "d": 1440, "天": 1440}
    amount = int(match[1]) * factor.get(match[2] or "", 1) if match else -1
    if not 0 <= amount <= MOST_MINUTES:
        raise Invalid("module.minutes_wrong")
    return amount


def clock_time(typed: str) -> str:
    """Read a time of day, and return it as 08:00."""
    found = written.plain(typed)
    match = TIME.fullmatch(found)
    if not match:
        raise Invalid("module.time_wrong")
    return f"{int(match[1]):02}:{match[2]}" if match[1] else "24:00"


READERS: dict[str, Callable[[str], Any]] = {
    "code": written.code(40, required=True),
    "name": written.text(120, required=True),
    "name_en": written.text(120),
    "site_id": written.needed_id,
    "department_id": written.row_id,
    "owner_id": written.row_id,
    "software_version": written.text(60),
    "vendor": written.text(120),
    "vendor_phone": written.text(40),
    "criticality": written.choice(Criticality, Criticality.NORMAL),
    "rpo_minutes": minutes,
    "rto_minutes": minutes,
    "meanwhile": written.text(1000, lines=True),
    "meanwhile_en": written.text(1000, lines=True),
    "notes": written.text(4000, lines=True),
}


def parse(typed: Mapping[str, str]) -> ModuleFacts:
    """Given the texts of a form, return the facts. Raise Invalid with every field that is wrong."""
    values, wrong = written.read_all(READERS, typed)
    hours = _hours(typed, wrong)
    if wrong:
        raise Invalid.many(wrong)
    return ModuleFacts(service_hours=hours, **values)


def typed_of(module: SystemModule) -> dict[str, str]:
    """Return the texts from which `parse` reads a module's facts again."""
    typed = {name: as_typed(getattr(module, name)) for name in READERS}
    hours = module.service_hours
    days = ServiceDays.WORKDAYS if len(hours.get("days", ())) == 5 else ServiceDays.EVERY_DAY
    typed["service_days"] = str(days if hours else ServiceDays.ALWAYS)
    return typed | {"from": hours.get("from", ""), "to": hours.get("to", "")}


def facts_of(module: SystemModule) -> ModuleFacts:
    """Return what is stated of a module now."""
    return ModuleFacts(**{one.name: getattr(module, one.name) for one in fields(ModuleFacts)})


def as_typed(value: Any) -> str:
    """Return one fact as a person would write it."""
    return "" if value is None else str(value)


def _hours(typed: Mapping[str, str], wrong: list[FieldError]) -> dict[str, Any]:
    """Return {"days", "from", "to"}, or nothing for a module that always has to work."""
    found: dict[str, str] = {}
    try:
        days = written.choice(ServiceDays, ServiceDays.ALWAYS)(typed.get("service_days", ""))
    except Invalid as error:
        wrong.append(FieldError("service_days", error.message))
        return {}
    if days is ServiceDays.ALWAYS:
        return {}
    for name in ("from", "to"):
        try:
            found[name] = clock_time(typed.get(name, ""))
        except Invalid as error:
            wrong.append(FieldError(name, error.message))
    if len(found) == 2 and found["from"] >= found["to"]:
        wrong.append(FieldError("to", Invalid("module.hours_reversed").message))
    last = 5 if days is ServiceDays.WORKDAYS else 7
    return {"days": list(range(1, last + 1)), **found}
