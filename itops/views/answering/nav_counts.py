"""How many things wait behind the entries of the navigation: one statement for all of them.

A subject that has something to count adds a line to COUNTS: an indexed count, asked for those alone
who may act on what it counts, and once a request.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from flask import g
from sqlalchemy import Select, select

from itops.auth.permissions import Permission, may
from itops.auth.scopes import Reach, reach
from itops.checks.base import State
from itops.clock import utcnow
from itops.db import db
from itops.models import Alert, Host, HostKey
from itops.services.alerting import listing
from itops.services.checking import host_keys
from itops.services.hosts import board as host_board
from itops.services.users import proposing


@dataclass(frozen=True)
class Count:
    """What stands beside an entry: shown as a number in `state`, and not at all when it is 0."""

    #: Who acts on it; it counts what this permission reaches.
    permission: Permission
    state: State
    within: Callable[[Reach], Select[int]]


#: By the key of the entry.
COUNTS: dict[str, Count] = {
    "nav.alerts": Count(
        Permission.VIEW_ALERTS,
        State.CRITICAL,
        lambda near: listing.unseen(near.condition(Alert)),
    ),
    "nav.hosts": Count(
        Permission.MANAGE_HOSTS,
        State.UNKNOWN,
        lambda near: host_board.waiting(near.condition(Host)),
    ),
    "nav.proposals": Count(
        Permission.APPROVE_ROLES,
        State.WARNING,
        lambda _near: proposing.count_waiting(),
    ),
    "nav.checks": Count(
        Permission.MANAGE_CREDENTIALS,
        State.WARNING,
        lambda near: host_keys.waiting(near.condition(HostKey)),
    ),
}


def waiting(key: str) -> int:
    """Return how many things wait behind the entry for this request's person."""
    if "nav_counts" not in g:
        g.nav_counts = _all()
    return int(g.nav_counts.get(key, 0))


def _all() -> dict[str, int]:
    mine = tuple((key, reach(one.permission)) for key, one in COUNTS.items() if may(one.permission))
    if not mine:
        return {}
    given = {"proposed_since": utcnow() - proposing.LAPSES}
    counted = db.session.connection().execute(_counting(mine), given).one()
    return {key: n for (key, _near), n in zip(mine, counted, strict=True)}


@lru_cache(maxsize=256)
def _counting(mine: tuple[tuple[str, Reach], ...]) -> Select[*tuple[Any, ...]]:
    """Return the statement for who reaches so far; building it takes longer than asking it."""
    return select(*(COUNTS[key].within(near).scalar_subquery() for key, near in mine))
