"""Removing the demo hospital: every marked row and what hangs on it, and no other."""

from datetime import datetime

from sqlalchemy import Delete, delete, select
from sqlalchemy.exc import IntegrityError

from itops.db import db
from itops.errors import Refused
from itops.models import (
    Asset,
    Department,
    EnrolmentCode,
    Host,
    Job,
    Location,
    LocationKind,
    OneTimeLink,
    Site,
    SiteKind,
    User,
)
from itops.services import search_index
from itops.services.auditing import Actor, record
from itops.services.demo.ordering import DEMO_LOAD

#: Children before what they stand in.
ROOMS_FIRST = (LocationKind.ROOM, LocationKind.FLOOR, LocationKind.BUILDING)
CLINICS_FIRST = (SiteKind.VILLAGE_CLINIC, SiteKind.TOWNSHIP_CENTRE, SiteKind.COUNTY_HOSPITAL)


def remove_demo(*, by: Actor, at: datetime) -> int:
    """Delete the demo hospital in one transaction; return how many assets and hosts it had.

    Raise Refused if something real refers to it: nothing is deleted then. The caller commits.
    """
    assets = list(db.session.scalars(select(Asset.id).where(Asset.is_demo)))
    hosts = list(db.session.scalars(select(Host.id).where(Host.is_demo)))
    connection = db.session.connection()
    search_index.forget(connection, search_index.Kind.ASSET, assets)
    search_index.forget(connection, search_index.Kind.HOST, hosts)
    try:
        for statement in _deletions():
            db.session.execute(statement)
    except IntegrityError as error:
        db.session.rollback()
        raise Refused("demo.still_used") from error
    db.session.expire_all()
    record("demo.removed", by=by, at=at, after={"assets": len(assets), "hosts": len(hosts)})
    return len(assets) + len(hosts)


def _deletions() -> list[Delete]:
    """Return what empties the demo, in an order that no reference forbids."""
    demo_sites = select(Site.id).where(Site.is_demo)
    demo_users = select(User.id).where(User.is_demo)
    return [
        delete(Job).where(Job.kind == DEMO_LOAD),
        delete(Host).where(Host.is_demo),
        delete(Asset).where(Asset.is_demo),
        delete(EnrolmentCode).where(EnrolmentCode.site_id.in_(demo_sites)),
        delete(OneTimeLink).where(OneTimeLink.user_id.in_(demo_users)),
        delete(User).where(User.is_demo),
        *(delete(Location).where(Location.is_demo, Location.kind == kind) for kind in ROOMS_FIRST),
        delete(Department).where(Department.is_demo),
        *(delete(Site).where(Site.is_demo, Site.kind == kind) for kind in CLINICS_FIRST),
    ]
