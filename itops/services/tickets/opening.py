"""Opening tickets: by a report, at the desk, from an alert; what one tap sends is one ticket."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from itops.checks.base import State
from itops.db import db
from itops.models import (
    Alert,
    Asset,
    Impact,
    Site,
    Ticket,
    TicketKind,
    TicketReport,
    TicketSource,
    Urgency,
    What,
)
from itops.services.patient_screen import screen
from itops.services.secrets.secrecy import secret_hash
from itops.services.tickets import evidence, limits
from itops.services.tickets.codes import follow_code
from itops.services.tickets.given import OPENED
from itops.services.tickets.priorities import impact_of, priority_of


@dataclass(frozen=True, kw_only=True)
class Opening:
    """What a new ticket is about; texts are screened when it is opened."""

    site_id: int
    department_id: int | None = None
    location_id: int | None = None
    place: str = ""
    asset_id: int | None = None
    module_id: int | None = None
    alert_id: int | None = None
    finding_id: int | None = None
    #: How many people say so: none where a machine does.
    people: int = 1
    kind: TicketKind = TicketKind.INCIDENT
    what: What = What.OTHER
    title: str = ""
    text: str = ""
    #: None: as wide as what depends on the device.
    impact: Impact | None = None
    urgency: Urgency = Urgency.TODAY
    source: TicketSource = TicketSource.DESK


@dataclass(frozen=True, kw_only=True)
class Reporter:
    """Who reports: a form's key, and what they say of themselves, which is all optional."""

    request_key: str
    name: str = ""
    phone: str = ""
    language: str = ""
    department_id: int | None = None
    user_id: int | None = None
    text: str = ""


@dataclass(frozen=True)
class Reported:
    """A report and its ticket; `is_new` unless the same tap came before."""

    ticket: Ticket
    report: TicketReport
    is_new: bool
    #: What the screen hid, by kind.
    masked: tuple[str, ...] = ()


def open_ticket(opening: Opening, *, by: str, at: datetime) -> Ticket:
    """Open a ticket with its limits and evidence; the caller says who reports, and audits."""
    asset = db.session.get(Asset, opening.asset_id) if opening.asset_id else None
    impact = opening.impact or impact_of(asset.criticality if asset else None)
    site = db.session.get_one(Site, opening.site_id)
    ticket = Ticket(
        **vars(opening)
        | {
            "title": screen(opening.title).text,
            "text": screen(opening.text).text,
            "place": screen(opening.place).text,
            "impact": impact,
        },
        priority=priority_of(impact, opening.urgency),
        opened_by=by,
        opened_at=at,
        is_demo=site.is_demo,
    )
    limits.settle(ticket, limits.limits())
    db.session.add(ticket)
    db.session.flush()
    evidence.attach(ticket, at=at)
    return ticket


def report(opening: Opening, reporter: Reporter, *, at: datetime) -> Reported:
    """Open a ticket for somebody's report. The same form's second tap finds the first's ticket."""
    known = known_report(reporter.request_key)
    if known is None:
        try:
            with db.session.begin_nested():
                ticket = open_ticket(opening, by=reporter.name, at=at)
                made = add_report(ticket, reporter, is_first=True, at=at)
                ticket.note(OPENED, by=reporter.name, at=at, report_id=made.id)
        except IntegrityError:
            # The other tap was quicker, on PostgreSQL in a transaction beside ours.
            known = known_report(reporter.request_key)
            if known is None:
                raise
        else:
            return Reported(ticket, made, is_new=True, masked=tuple(screen(opening.text).masked))
    ticket, made = known
    return Reported(ticket, made, is_new=False)


def add_report(ticket: Ticket, reporter: Reporter, *, is_first: bool, at: datetime) -> TicketReport:
    """Put one more person behind a ticket, and return their report."""
    code = follow_code(reporter.request_key)
    made = TicketReport(
        ticket_id=ticket.id,
        request_key=secret_hash(reporter.request_key).hex(),
        follow_hash=secret_hash(code),
        is_first=is_first,
        name=reporter.name,
        phone=reporter.phone,
        department_id=reporter.department_id,
        user_id=reporter.user_id,
        text=screen(reporter.text).text,
        language=reporter.language,
        at=at,
    )
    db.session.add(made)
    db.session.flush()
    return made


def open_from_alert(alert: Alert, *, at: datetime) -> Ticket:
    """Return the ticket of an alert's episode; it is opened if there is none yet."""
    found = _of_alert(alert)
    if found is None:
        opening = Opening(
            site_id=alert.site_id or _first_site(),
            department_id=alert.department_id,
            asset_id=alert.asset_id,
            module_id=alert.module_id,
            alert_id=alert.id,
            people=0,
            what=What.SOFTWARE if alert.module_id else What.COMPUTER,
            title=alert.subject_name[:200],
            urgency=Urgency.NOW if alert.state is State.CRITICAL else Urgency.TODAY,
            source=TicketSource.ALERT,
        )
        try:
            with db.session.begin_nested():
                found = open_ticket(opening, by="", at=at)
                found.note("ticket.event.alert", by="", at=at, message=alert.message)
        except IntegrityError:
            found = _of_alert(alert)
            if found is None:
                raise
    return found


def _of_alert(alert: Alert) -> Ticket | None:
    return db.session.scalar(select(Ticket).where(Ticket.alert_id == alert.id))


def known_report(request_key: str) -> tuple[Ticket, TicketReport] | None:
    key = secret_hash(request_key).hex()
    found = db.session.execute(
        select(Ticket, TicketReport)
        .join(TicketReport, TicketReport.ticket_id == Ticket.id)
        .where(TicketReport.request_key == key)
    ).first()
    return (found[0], found[1]) if found else None


def _first_site() -> int:
    """Return where a thing without a site belongs: the root of the organisation."""
    return db.session.scalars(select(Site.id).order_by(Site.id).limit(1)).one()
