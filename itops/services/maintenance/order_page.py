"""One work order with all that is known of it, read in a fixed number of queries."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import or_, select
from sqlalchemy.orm import joinedload

from itops.db import db
from itops.models import (
    Asset,
    Attachment,
    Evidence,
    Location,
    Role,
    RoleGrant,
    SignOff,
    Site,
    Ticket,
    User,
    WorkOrder,
    WorkOrderEvent,
    WorkOrderItem,
)

#: So much of the timeline stands on the page.
MOST_EVENTS = 60
#: So many machines of an order stand on its page, those that are left first.
MOST_ITEMS = 300
MOST_PEOPLE = 200
#: Whoever has one of these roles may be given an order (Permission.DO_WORK_ORDERS).
DOERS = (Role.SITE_OFFICER, Role.ENGINEER, Role.DUTY_OFFICER, Role.HEAD)


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


def people(site: Site) -> list[User]:
    """Return who may be given an order: those who do orders at this site or above it."""
    doers = select(RoleGrant.user_id).where(
        RoleGrant.role.in_(DOERS),
        or_(RoleGrant.site_id.is_(None), RoleGrant.site_id.in_(_site_and_above(site.id))),
    )
    return list(
        db.session.scalars(
            select(User)
            .where(User.id.in_(doers), User.is_enabled, User.is_demo.is_(site.is_demo))
            .order_by(User.name, User.id)
            .limit(MOST_PEOPLE)
        )
    )


def _site_and_above(site_id: int) -> list[int]:
    found: list[int] = []
    step: int | None = site_id
    while step is not None and step not in found:
        found.append(step)
        step = db.session.scalar(select(Site.parent_id).where(Site.id == step))
    return found


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
