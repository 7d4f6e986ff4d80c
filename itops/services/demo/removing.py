"""Removing the demo hospital: every marked row and what hangs on it, and no other."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Delete, Select, delete, or_, select
from sqlalchemy.exc import IntegrityError

from itops.db import db
from itops.errors import Refused
from itops.models import (
    Alert,
    Asset,
    BackupJob,
    Check,
    Checklist,
    Credential,
    Department,
    Dependency,
    EnrolmentCode,
    Host,
    HostKey,
    Job,
    Location,
    LocationKind,
    MaintenancePlan,
    OneTimeLink,
    Quiet,
    Site,
    SiteKind,
    Subscription,
    SystemModule,
    Ticket,
    User,
    WorkOrder,
)
from itops.services.auditing import Actor, record
from itops.services.demo.ordering import DEMO_LOAD, REMOVED
from itops.services.search import index as search_index

#: Children before what they stand in.
ROOMS_FIRST = (LocationKind.ROOM, LocationKind.FLOOR, LocationKind.BUILDING)
CLINICS_FIRST = (SiteKind.VILLAGE_CLINIC, SiteKind.TOWNSHIP_CENTRE, SiteKind.COUNTY_HOSPITAL)
#: What refers to other rows of the demo, before those; what hangs on it goes with it.
WHAT_USES_OTHERS = (
    Ticket,
    WorkOrder,
    MaintenancePlan,
    Alert,
    BackupJob,
    Check,
    Dependency,
    SystemModule,
)
#: What a person who tried the demo made there: it belongs to the demo's sites.
BY_THEIR_SITE = (Quiet, Subscription, Credential, HostKey, EnrolmentCode)


def remove_demo(*, by: Actor, at: datetime) -> int:
    """Delete the demo hospital in one transaction; return how many assets and hosts it had.

    Raise Refused if something real refers to it: nothing is deleted then. The caller commits.
    """
    assets = list(db.session.scalars(select(Asset.id).where(Asset.is_demo)))
    hosts = list(db.session.scalars(select(Host.id).where(Host.is_demo)))
    tickets = list(db.session.scalars(select(Ticket.id).where(Ticket.is_demo)))
    checklists = list(db.session.scalars(_checklists()))
    connection = db.session.connection()
    search_index.forget(connection, search_index.Kind.ASSET, assets)
    search_index.forget(connection, search_index.Kind.HOST, hosts)
    search_index.forget(connection, search_index.Kind.TICKET, tickets)
    try:
        for statement in _deletions(checklists):
            db.session.execute(statement)
    except IntegrityError as error:
        db.session.rollback()
        raise Refused("demo.still_used") from error
    db.session.expire_all()
    record(REMOVED, by=by, at=at, after={"assets": len(assets), "hosts": len(hosts)})
    return len(assets) + len(hosts)


def _checklists() -> Select[int]:
    """Return the checklists that only the demo's plans and orders use."""
    used = [
        select(table.checklist_id).where(
            table.checklist_id.is_not(None), table.is_demo.is_(is_demo)
        )
        for is_demo in (True, False)
        for table in (MaintenancePlan, WorkOrder)
    ]
    return select(Checklist.id).where(
        or_(*(Checklist.id.in_(one) for one in used[:2])),
        *(Checklist.id.not_in(one) for one in used[2:]),
    )


def _deletions(checklists: Sequence[int]) -> list[Delete]:
    """Return what empties the demo, in an order that no reference forbids."""
    demo_sites = select(Site.id).where(Site.is_demo)
    demo_users = select(User.id).where(User.is_demo)
    return [
        delete(Job).where(Job.kind == DEMO_LOAD),
        *(delete(model).where(model.is_demo) for model in WHAT_USES_OTHERS),
        delete(Checklist).where(Checklist.id.in_(checklists)),
        *(delete(model).where(model.site_id.in_(demo_sites)) for model in BY_THEIR_SITE),
        delete(Host).where(Host.is_demo),
        delete(Asset).where(Asset.is_demo),
        delete(OneTimeLink).where(OneTimeLink.user_id.in_(demo_users)),
        delete(User).where(User.is_demo),
        *(delete(Location).where(Location.is_demo, Location.kind == kind) for kind in ROOMS_FIRST),
        delete(Department).where(Department.is_demo),
        *(delete(Site).where(Site.is_demo, Site.kind == kind) for kind in CLINICS_FIRST),
    ]
