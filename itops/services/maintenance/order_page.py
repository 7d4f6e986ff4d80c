"""One work order with all that is known of it, read in a fixed number of queries."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.orm import joinedload

from itops.db import db
from itops.models import (
    Attachment,
    Evidence,
    Location,
    SignOff,
    Site,
    Ticket,
    User,
    WorkOrder,
    WorkOrderEvent,
    WorkOrderItem,
)
from itops.services.holders import workers_at
from itops.services.maintenance import findings, order_items, shares
from itops.services.maintenance.findings import Finding
from itops.services.maintenance.order_items import Key, Machines
from itops.services.scoping import Within

#: So much of the proof and of the timeline stands on one page.
MOST_EVIDENCE = 50
MOST_EVENTS = 60


@dataclass(frozen=True)
class Asked:
    """From where on an order's machines, its proof and its timeline are read."""

    machines_after: Key | None = None
    evidence_before: int | None = None
    events_before: int | None = None


#: Nothing was asked for.
FROM_THE_START = Asked()


@dataclass(frozen=True)
class OrderPage:
    """What the page of an order shows; `older_…` is from where on there is more."""

    machines: Machines
    evidence: Sequence[Evidence]
    evidence_total: int
    older_evidence: int | None
    photos: Mapping[int | None, Sequence[Attachment]]
    events: Sequence[WorkOrderEvent]
    older_events: int | None
    #: What was found out of order; `found` is how many there are in all.
    findings: Sequence[Finding]
    found: int
    sign_off: SignOff | None
    #: Whether there is more to the order than its reader may see: what people wrote of the whole
    #: of it then stays unsaid.
    is_partial: bool
    ticket: Ticket | None
    place: Sequence[Location]


def read(order: WorkOrder, within: Within, asked: Asked = FROM_THE_START) -> OrderPage:
    """Return the page of an order, as far as `within` shows it."""
    proof = and_(Evidence.order_id == order.id, shares.evidence(within))
    evidence, older_evidence = _evidence(proof, asked.evidence_before)
    events, older_events = _events(order, within, asked.events_before)
    return OrderPage(
        machines=order_items.machines(order, asked.machines_after, within),
        evidence=evidence,
        evidence_total=_count_evidence(proof),
        older_evidence=older_evidence,
        photos=_photos(evidence),
        events=events,
        older_events=older_events,
        findings=findings.of(order, within),
        found=findings.counts([order.id], within).get(order.id, 0),
        sign_off=db.session.scalar(select(SignOff).where(SignOff.order_id == order.id)),
        is_partial=shares.is_partial(order, within),
        ticket=db.session.scalar(select(Ticket).where(Ticket.order_id == order.id).limit(1)),
        place=place_of(order.location_id),
    )


def place_of(location_id: int | None) -> list[Location]:
    """Return building, floor and room, outermost first."""
    found: list[Location] = []
    while location_id is not None and len(found) < 9:
        location = db.session.get(Location, location_id)
        if location is None:
            break
        found.insert(0, location)
        location_id = location.parent_id
    return found


def people(site: Site, department_id: int | None, *, at: datetime) -> list[User]:
    """Return who may be given an order: those who do orders at this place or above it."""
    doers = workers_at(site.id, department_id, at=at)
    found = select(User).where(doers, User.is_demo.is_(site.is_demo))
    return list(db.session.scalars(found.order_by(User.name, User.id)))


def _evidence(
    proof: ColumnElement[bool], before: int | None
) -> tuple[Sequence[Evidence], int | None]:
    """Return the newest proof before `before`, and from where on there is older one."""
    wanted = (
        select(Evidence)
        .where(proof)
        .options(joinedload(Evidence.item).joinedload(WorkOrderItem.asset))
        .order_by(Evidence.id.desc())
    )
    if before is not None:
        wanted = wanted.where(Evidence.id < before)
    found = db.session.scalars(wanted.limit(MOST_EVIDENCE + 1)).all()
    shown = found[:MOST_EVIDENCE]
    return shown, shown[-1].id if len(found) > MOST_EVIDENCE else None


def _count_evidence(proof: ColumnElement[bool]) -> int:
    counted = select(func.count()).select_from(Evidence).where(proof)
    return db.session.scalar(counted) or 0


def _events(
    order: WorkOrder, within: Within, before: int | None
) -> tuple[Sequence[WorkOrderEvent], int | None]:
    wanted = (
        select(WorkOrderEvent)
        .where(WorkOrderEvent.order_id == order.id, shares.events(order, within))
        .order_by(WorkOrderEvent.id.desc())
    )
    if before is not None:
        wanted = wanted.where(WorkOrderEvent.id < before)
    found = db.session.scalars(wanted.limit(MOST_EVENTS + 1)).all()
    shown = found[:MOST_EVENTS]
    return shown, shown[-1].id if len(found) > MOST_EVENTS else None


def _photos(shown: Sequence[Evidence]) -> dict[int | None, list[Attachment]]:
    """Return the attachments by the evidence that they came with."""
    found: dict[int | None, list[Attachment]] = {}
    came_with = Attachment.evidence_id.in_([one.id for one in shown])
    for one in db.session.scalars(select(Attachment).where(came_with).order_by(Attachment.id)):
        found.setdefault(one.evidence_id, []).append(one)
    return found
