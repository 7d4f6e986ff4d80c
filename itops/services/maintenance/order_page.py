"""One work order with all that is known of it, read in a fixed number of queries."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from itops.db import db
from itops.models import (
    Asset,
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

#: So much of the timeline stands on the page.
MOST_EVENTS = 60
#: So many machines of an order stand on its page, those that are left first.
MOST_ITEMS = 300
MOST_PEOPLE = 200


@dataclass(frozen=True)
class OrderPage:
    """What the page of an order shows."""

    items: Sequence[WorkOrderItem]
    evidence: Sequence[Evidence]
    photos: Mapping[int | None, Sequence[Attachment]]
    events: Sequence[WorkOrderEvent]
    sign_off: SignOff | None
    ticket: Ticket | None
    place: Sequence[Location]

    @property
    def left(self) -> list[WorkOrderItem]:
        """The machines that are still to be done."""
        return [one for one in self.items if one.done_at is None and not one.skipped]

    @property
    def over(self) -> list[WorkOrderItem]:
        """The machines that are done or left out."""
        return [one for one in self.items if one.done_at is not None or one.skipped]


def read(order: WorkOrder) -> OrderPage:
    """Return the page of an order."""
    items = db.session.scalars(
        select(WorkOrderItem)
        .where(WorkOrderItem.order_id == order.id)
        .join(Asset, Asset.id == WorkOrderItem.asset_id)
        .options(joinedload(WorkOrderItem.asset).joinedload(Asset.location))
        .order_by(WorkOrderItem.done_at.is_not(None), Asset.location_id, Asset.tag)
        .limit(MOST_ITEMS)
    ).all()
    events = select(WorkOrderEvent).where(WorkOrderEvent.order_id == order.id)
    return OrderPage(
        items=items,
        evidence=_evidence(order),
        photos=_photos(order),
        events=db.session.scalars(
            events.order_by(WorkOrderEvent.id.desc()).limit(MOST_EVENTS)
        ).all(),
        sign_off=db.session.scalar(select(SignOff).where(SignOff.order_id == order.id)),
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
    return list(
        db.session.scalars(
            select(User)
            .where(doers, User.is_demo.is_(site.is_demo))
            .order_by(User.name, User.id)
            .limit(MOST_PEOPLE)
        )
    )


def _evidence(order: WorkOrder) -> Sequence[Evidence]:
    return db.session.scalars(
        select(Evidence)
        .where(Evidence.order_id == order.id)
        .options(joinedload(Evidence.item).joinedload(WorkOrderItem.asset))
        .order_by(Evidence.id.desc())
        .limit(MOST_ITEMS)
    ).all()


def _photos(order: WorkOrder) -> dict[int | None, list[Attachment]]:
    """Return the attachments by the evidence that they came with."""
    found: dict[int | None, list[Attachment]] = {}
    wanted = select(Attachment).where(Attachment.order_id == order.id).order_by(Attachment.id)
    for one in db.session.scalars(wanted):
        found.setdefault(one.evidence_id, []).append(one)
    return found
