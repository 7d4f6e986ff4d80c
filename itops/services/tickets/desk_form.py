"""What the desk writes of a new ticket: parsed from texts, and its places checked."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from itops.db import db
from itops.errors import FieldError, Invalid
from itops.models import (
    Asset,
    Department,
    Impact,
    SystemModule,
    TicketKind,
    TicketSource,
    Urgency,
    What,
)
from itops.services import auditing, written
from itops.services.auditing import Actor
from itops.services.scoping import Within
from itops.services.tickets.opening import Opening, Reported, Reporter, report
from itops.services.tickets.reporting import LONGEST_TEXT, name, phone


@dataclass(frozen=True, kw_only=True)
class Typed:
    """What somebody at the desk writes down while the telephone is at their ear."""

    tag: str
    site_id: int | None
    department_id: int | None
    place: str
    module_id: int | None
    kind: TicketKind
    what: What
    impact: Impact
    urgency: Urgency
    title: str
    text: str
    name: str
    phone: str


READERS: dict[str, Callable[[str], Any]] = {
    "tag": written.code(40),
    "site_id": written.row_id,
    "department_id": written.row_id,
    "place": written.text(120),
    "module_id": written.row_id,
    "kind": written.choice(TicketKind, TicketKind.INCIDENT),
    "what": written.choice(What, What.OTHER),
    "impact": written.choice(Impact, Impact.ONE),
    "urgency": written.choice(Urgency, Urgency.TODAY),
    "title": written.text(200),
    "text": written.text(LONGEST_TEXT, lines=True),
    "name": name,
    "phone": phone,
}


def parse(typed: Mapping[str, str]) -> Typed:
    """Given the texts of a form, return what they state. Raise Invalid with all that is wrong."""
    values: dict[str, Any] = {}
    wrong: list[FieldError] = []
    for field, read in READERS.items():
        try:
            values[field] = read(typed.get(field, ""))
        except Invalid as error:
            wrong.append(FieldError(field, error.message))
    if wrong:
        raise Invalid.many(wrong)
    return Typed(**values)


def open_from(typed: Typed, *, key: str, within: Within, by: Actor, at: datetime) -> Reported:
    """Open the ticket that was written down. Raise Invalid for places out of reach."""
    opening = opening_from(typed, within)
    reporter = Reporter(request_key=key, name=typed.name, phone=typed.phone)
    done = report(opening, reporter, at=at)
    if done.is_new:
        done.ticket.opened_by = by.name
        after = auditing.facts(done.ticket)
        auditing.record("ticket.opened", done.ticket, by=by, at=at, after=after)
    return done


def opening_from(typed: Typed, within: Within) -> Opening:
    """Return what a ticket is about. Raise Invalid for places, devices, modules out of reach."""
    asset = _asset(typed.tag, within) if typed.tag else None
    site_id, department_id = _place(typed, asset)
    if not within.covers(site_id=site_id, department_id=department_id):
        if typed.department_id is not None:
            raise Invalid("asset.department_elsewhere", field="department_id")
        raise Invalid("asset.site_unknown", field="site_id")
    _check_module(typed.module_id, within)
    return Opening(
        site_id=site_id,
        department_id=department_id,
        location_id=asset.location_id if asset else None,
        place=typed.place,
        asset_id=asset.id if asset else None,
        module_id=typed.module_id,
        kind=typed.kind,
        what=typed.what,
        title=typed.title,
        text=typed.text,
        impact=typed.impact,
        urgency=typed.urgency,
        source=TicketSource.DESK,
    )


def _asset(tag: str, within: Within) -> Asset:
    asset = db.session.scalar(select(Asset).where(Asset.tag == tag))
    if asset is None or not within.covers(site_id=asset.site_id, department_id=asset.department_id):
        raise Invalid("ticket.tag_unknown", field="tag")
    return asset


def _check_module(module_id: int | None, within: Within) -> None:
    if module_id is None:
        return
    module = db.session.get(SystemModule, module_id)
    if module is None or not within.covers(
        site_id=module.site_id, department_id=module.department_id
    ):
        raise Invalid("ticket.module_unknown", field="module_id")


def _place(typed: Typed, asset: Asset | None) -> tuple[int, int | None]:
    """Return site and department: the device's, the department's, or the site that was chosen."""
    if asset is not None:
        return asset.site_id, asset.department_id
    if typed.department_id is not None:
        department = db.session.get(Department, typed.department_id)
        if department is None:
            raise Invalid("asset.department_elsewhere", field="department_id")
        return department.site_id, department.id
    if typed.site_id is None:
        raise Invalid("report.say_where", field="department_id")
    return typed.site_id, None
