"""The four parts of the first page for its reader: what they may see, and where it is listed."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from flask import g, url_for
from sqlalchemy import ColumnElement

from itops.auth.permissions import Permission, may
from itops.auth.scopes import reach
from itops.db import Base
from itops.models import Role
from itops.services.maintenance.days import Now
from itops.services.overview import Overview, Topic, overview
from itops.views.answering.language import alert_name, t

#: Who sees each topic.
PERMISSIONS: Mapping[Topic, Permission] = MappingProxyType(
    {
        Topic.MODULES: Permission.VIEW_MODULES,
        Topic.ALERTS: Permission.VIEW_ALERTS,
        Topic.ORDERS: Permission.VIEW_MAINTENANCE,
        Topic.SIGNING: Permission.SIGN_OFF,
        Topic.TICKETS: Permission.VIEW_TICKETS,
        Topic.BACKUPS: Permission.VIEW_BACKUPS,
        Topic.HOSTS: Permission.VIEW_HEALTH,
        Topic.LETTING_IN: Permission.MANAGE_HOSTS,
    }
)
#: Where the rows of each line are listed.
PAGES: Mapping[str, tuple[str, Mapping[str, Any]]] = MappingProxyType(
    {
        "outages": ("modules.index", {"news": 1}),
        "modules_down": ("modules.index", {"state": "critical"}),
        "alerts": ("alerts.index", {"taken": "no"}),
        "overdue": ("maintenance.index", {"shelf": "overdue"}),
        "today": ("maintenance.index", {}),
        "to_sign": ("maintenance.index", {"shelf": "to_sign"}),
        "disputed": ("maintenance.index", {"shelf": "disputed"}),
        "known_faults": ("tickets.index", {"announced": 1}),
        "tickets_late": ("tickets.index", {"overdue": 1}),
        "tickets_new": ("tickets.index", {"who": "none"}),
        "backups": ("backups.index", {"_anchor": "unproven"}),
        "silent": ("hosts.index", {"list": "silent"}),
        "hosts_new": ("pending.index", {}),
    }
)
#: Where one of the things that are named is shown.
THINGS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "module": ("modules.show", "module_id"),
        "alert": ("alerts.show", "alert_id"),
        "ticket": ("tickets.show", "ticket_id"),
    }
)


#: Who begins the day with a walk; all others begin with how things stand.
WALKERS = frozenset({Role.ENGINEER, Role.DUTY_OFFICER, Role.SITE_OFFICER})


def walks() -> bool:
    """Whether this request's person carries work out on the way through the buildings."""
    return any(grant.role in WALKERS for grant in g.grants)


def of_reader(now: Now) -> Overview:
    """Return the four parts as far as this request's person sees."""
    return overview(now, _reaches)


def page_of(name: str, now: Now) -> str:
    """Return the address of the page that lists the rows of a line, these and no others."""
    if name == "today":
        return url_for("maintenance.index", first=now.today, last=now.today)
    endpoint, values = PAGES[name]
    return url_for(endpoint, **values)


def thing_url(thing: Base) -> str:
    """Return the address of a thing's own page."""
    endpoint, key = THINGS[thing.__tablename__]
    return url_for(endpoint, **{key: thing.id})  # type: ignore[attr-defined]


def thing_name(thing: Any, named: Callable[[Any], str]) -> str:
    """Return what a thing is called on the first page."""
    if thing.__tablename__ == "module":
        return f"{thing.code} {named(thing)}"
    if thing.__tablename__ == "ticket":
        return f"#{thing.id} {thing.title or t(f'ticket.what.{thing.what}')}"
    return alert_name(thing)


def _reaches(topic: Topic) -> Callable[[type[Base]], ColumnElement[bool]] | None:
    permission = PERMISSIONS[topic]
    return reach(permission).condition if may(permission) else None
