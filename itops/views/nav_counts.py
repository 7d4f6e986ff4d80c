"""How many things wait behind an entry of the navigation: at most one indexed query for each.

A subject that has something to count adds a line to COUNTS; the query is made for those alone who
may act on what it counts, and once a request.
"""

from collections.abc import Callable
from dataclasses import dataclass

from flask import g

from itops.auth.permissions import Permission, may
from itops.auth.scopes import Reach, reach
from itops.checks.base import State
from itops.models import Alert, Host, HostKey
from itops.services import host_board
from itops.services.alerting import listing
from itops.services.checking import host_keys


@dataclass(frozen=True)
class Count:
    """What stands beside an entry: shown as a number in `state`, and not at all when it is 0."""

    #: Who acts on it; it counts what this permission reaches.
    permission: Permission
    state: State
    within: Callable[[Reach], int]


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
    "nav.checks": Count(
        Permission.MANAGE_CREDENTIALS,
        State.WARNING,
        lambda near: host_keys.waiting(near.condition(HostKey)),
    ),
}


def waiting(key: str) -> int:
    """Return how many things wait behind the entry for this request's person."""
    found = COUNTS.get(key)
    if found is None or not may(found.permission):
        return 0
    known: dict[str, int] = g.setdefault("nav_counts", {})
    if key not in known:
        known[key] = found.within(reach(found.permission))
    return known[key]
