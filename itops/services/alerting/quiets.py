"""Planned stops and silences: made by a person, with an end and a reason, and ended by one."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import joinedload

from itops.db import db
from itops.errors import FieldError, Invalid, Message, Refused
from itops.models import Alert, Asset, AssetType, Quiet, QuietKind, Site, SystemModule
from itops.services import written
from itops.services.auditing import Actor, facts, record
from itops.services.patient_screen import screen
from itops.services.scoping import Within

LONGEST_REASON = 200
#: A silence is for a while; what is wrong for longer is to be repaired or not to be measured.
LONGEST_SILENCE = timedelta(days=7)
LONGEST_WINDOW = timedelta(days=90)
#: How long a silence from an alert's page lasts, by what stands in the form.
LENGTHS = {
    "1h": timedelta(hours=1),
    "4h": timedelta(hours=4),
    "1d": timedelta(days=1),
    "3d": timedelta(days=3),
}
#: What a planned stop is of; one that names nothing keeps the whole hospital quiet, and says so.
NAMED = ("site_id", "type_key", "asset_tag", "module_id")
#: Over for longer, they are no longer listed.
LISTED_FOR = timedelta(days=90)
MOST_LISTED = 200


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What a person plans to stop, and when."""

    reason: str
    starts_at: datetime
    ends_at: datetime
    site_id: int | None
    type_key: str | None
    asset_tag: str
    module_id: int | None


def parse(typed: Mapping[str, str], zone: ZoneInfo) -> Plan:
    """Read the form of a planned stop. Raise Invalid with every field that is wrong."""
    readers: dict[str, Callable[[str], Any]] = {
        "reason": _reason,
        "site_id": written.row_id,
        "type_key": written.text(40),
        "asset_tag": written.code(40),
        "module_id": written.row_id,
        "starts": _moment(zone),
        "ends": _moment(zone),
    }
    found, wrong = written.read_all(readers, typed)
    if not wrong and found["ends"] <= found["starts"]:
        wrong.append(FieldError("ends", Message("quiet.ends_first")))
    elif not wrong and found["ends"] - found["starts"] > LONGEST_WINDOW:
        days = LONGEST_WINDOW.days
        wrong.append(FieldError("ends", Message("quiet.too_long", {"n": days})))
    is_named = any(found.get(name) for name in NAMED) or any(one.field in NAMED for one in wrong)
    if not is_named and not typed.get("everything"):
        wrong.append(FieldError("everything", Message("quiet.names_nothing")))
    if wrong:
        raise Invalid.many(wrong)
    starts, ends = found.pop("starts"), found.pop("ends")
    found["type_key"] = found["type_key"] or None
    return Plan(starts_at=starts, ends_at=ends, **found)


def plan(given: Plan, *, within: Within, by: Actor, at: datetime) -> Quiet:
    """Announce a planned stop. Raise Invalid where it names what is not there for this person."""
    if given.ends_at <= at:
        raise Invalid("quiet.is_past", field="ends")
    asset, module = _asset(given.asset_tag, within), _module(given.module_id, within)
    site_id = given.site_id
    if site_id is None:
        site_id = asset.site_id if asset else module.site_id if module else None
    if not within.covers(site_id=site_id):
        raise Invalid("quiet.not_your_site", field="site_id")
    if site_id is not None and db.session.get(Site, site_id) is None:
        raise Invalid("written.choice", field="site_id")
    if given.type_key and db.session.get(AssetType, given.type_key) is None:
        raise Invalid("written.choice", field="type_key")
    made = Quiet(
        kind=QuietKind.WINDOW,
        reason=given.reason,
        starts_at=given.starts_at,
        ends_at=given.ends_at,
        site_id=site_id,
        type_key=given.type_key,
        asset_id=asset.id if asset else None,
        module_id=module.id if module else None,
        created_at=at,
        created_by=by.name,
    )
    db.session.add(made)
    record("quiet.planned", made, by=by, at=at, before={}, after=facts(made))
    return made


def silence(alert: Alert, typed: Mapping[str, str], *, by: Actor, at: datetime) -> Quiet:
    """Keep one alert's subject and rule quiet for a while. Raise Invalid if the form is wrong."""
    length = LENGTHS.get(typed.get("length", ""))
    if length is None:
        raise Invalid("written.choice", field="length")
    try:
        reason = _reason(typed.get("reason", ""))
    except Invalid as error:
        raise Invalid.many([FieldError("reason", error.message)]) from None
    made = Quiet(
        kind=QuietKind.SILENCE,
        reason=reason,
        starts_at=at,
        ends_at=at + length,
        site_id=alert.site_id,
        subject=alert.subject,
        rule=alert.rule if typed.get("only_rule") else "",
        subject_name=alert.subject_name,
        subject_name_en=alert.subject_name_en,
        created_at=at,
        created_by=by.name,
    )
    db.session.add(made)
    record("quiet.silenced", made, by=by, at=at, before={}, after=facts(made))
    return made


def end(quiet: Quiet, *, by: Actor, at: datetime) -> None:
    """End it now. Raise Refused if it is over."""
    if quiet.ends_at <= at:
        raise Refused("quiet.is_over")
    before = facts(quiet)
    # What has not begun never will.
    quiet.starts_at, quiet.ends_at = min(quiet.starts_at, at), at
    quiet.ended_by = by.name
    record("quiet.ended", quiet, by=by, at=at, before=before, after=facts(quiet))


def listed(within: ColumnElement[bool], *, at: datetime) -> list[Quiet]:
    """Return what holds now, what is planned, and what was; the last to end first."""
    statement = select(Quiet).where(within, Quiet.ends_at > at - LISTED_FOR)
    loaded = statement.options(
        joinedload(Quiet.site),
        joinedload(Quiet.asset),
        joinedload(Quiet.module),
        joinedload(Quiet.type),
    )
    return list(
        db.session.scalars(
            loaded.order_by(Quiet.ends_at.desc(), Quiet.id.desc()).limit(MOST_LISTED)
        )
    )


def silences(alert: Alert, *, at: datetime) -> list[Quiet]:
    """Return the silences of this very subject and rule that hold now."""
    statement = select(Quiet).where(
        Quiet.subject == alert.subject,
        Quiet.rule.in_(("", alert.rule)),
        Quiet.starts_at <= at,
        Quiet.ends_at > at,
    )
    return list(db.session.scalars(statement.order_by(Quiet.id)))


def _reason(typed: str) -> str:
    """Read why; numbers of patients are hidden."""
    return screen(written.text(LONGEST_REASON, required=True)(typed)).text[:LONGEST_REASON]


def _moment(zone: ZoneInfo) -> Callable[[str], datetime]:
    """Return a reader of "2026-11-23 22:00", as the clock shows it in the hospital."""

    def read(typed: str) -> datetime:
        found = written.plain(typed).replace("T", " ")
        on, _, clock = found.partition(" ")
        day: date | None = written.day(on)
        if day is None:
            raise Invalid("written.required")
        try:
            hour = time.fromisoformat(clock.strip() or "00:00")
        except ValueError:
            raise Invalid("quiet.write_moment") from None
        return datetime.combine(day, hour.replace(tzinfo=None), zone)

    return read


def _asset(tag: str, within: Within) -> Asset | None:
    if not tag:
        return None
    found = db.session.scalar(select(Asset).where(Asset.tag == tag))
    if found is None or not within.covers(site_id=found.site_id, department_id=found.department_id):
        raise Invalid("quiet.no_such_asset", field="asset_tag", tag=tag)
    return found


def _module(module_id: int | None, within: Within) -> SystemModule | None:
    if module_id is None:
        return None
    found = db.session.get(SystemModule, module_id)
    if found is None or not within.covers(site_id=found.site_id, department_id=found.department_id):
        raise Invalid("written.choice", field="module_id")
    return found
