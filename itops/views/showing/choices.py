"""What a query or a form may choose from, read so that nonsense chooses nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import TypeVar
from zoneinfo import ZoneInfo

from sqlalchemy import select

from itops.auth.permissions import Permission
from itops.auth.scopes import Reach, reach, scoped
from itops.auth.sessions import settings
from itops.db import LARGEST_KEY, db
from itops.errors import Invalid
from itops.models import Department, Site
from itops.services.written import day

C = TypeVar("C", bound=StrEnum)
LONGEST_SEARCH = 200


@dataclass(frozen=True)
class Places:
    """The sites and departments within a person's reach, for the choices of a form."""

    reach: Reach
    sites: list[Site]
    departments: list[Department]


def choice_of(kinds: type[C], text: str) -> C | None:
    """Return the member of an enumeration that `text` names, if it names one."""
    return kinds(text) if text in set(kinds) else None


def site_of(sites: Sequence[Site], typed: object) -> Site | None:
    """Return the site whose key a form holds; the only one there is needs no choosing."""
    if len(sites) == 1:
        return sites[0]
    return next((one for one in sites if str(one.id) == str(typed)), None)


def number_of(text: str | None) -> int | None:
    """Return a row's key that `text` writes in plain digits; None for everything else."""
    if text is None or not (text.isascii() and text.isdigit()) or len(text) > 10:
        return None
    return int(text) if int(text) <= LARGEST_KEY else None


def typed_in(args: Mapping[str, str]) -> str:
    """Return what somebody searches for."""
    return args.get("q", "")[:LONGEST_SEARCH].replace("\x00", "").strip()


def day_of(text: str) -> date | None:
    """Return the day that `text` writes, kindly; None for everything else."""
    try:
        return day(text)
    except Invalid:
        return None


def start_of(on: date) -> datetime:
    """Return the first moment of a day in the hospital."""
    return datetime.combine(on, time(), ZoneInfo(settings().time_zone))


def end_of(on: date) -> datetime:
    """Return the first moment after a day in the hospital."""
    return start_of(on + timedelta(days=1))


def places_to_choose(permission: Permission) -> Places:
    """Return what a form offers to somebody who holds `permission` there."""
    reached = reach(permission)
    sites = select(Site).order_by(Site.name)
    if not reached.everywhere:
        sites = sites.where(Site.id.in_(reached.site_ids))
    departments = scoped(select(Department), Department, permission).order_by(Department.name)
    return Places(reached, list(db.session.scalars(sites)), list(db.session.scalars(departments)))
