"""What the one search finds, a group for each kind, each within its reader's reach for that kind.

What has exactly the number that was typed stands first, with the group that it is in.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any

from flask import url_for
from sqlalchemy import BindParameter, ColumnElement, Select, bindparam, case, func, or_, select

from itops.auth.permissions import Permission, may
from itops.auth.scopes import Reach, reach
from itops.db import db
from itops.models import Alert, Asset, BackupJob, Host, HostState, SystemModule
from itops.services.alerting import listing as alerts
from itops.services.assets import listing as assets
from itops.services.assets.listing import Line
from itops.services.backups import listing as backups
from itops.services.hosts import listing as hosts
from itops.services.maintenance import order_list
from itops.services.maintenance.order_list import Shelf
from itops.services.modules import listing as modules
from itops.services.search import finding as searching
from itops.services.search.index import Kind
from itops.services.search.numbers import forms_of, numbers_in
from itops.services.tickets import listing as tickets
from itops.views.answering.frame import is_open
from itops.views.answering.language import language

#: So many of each kind stand on the page; its list has the rest.
MOST = 8
#: The closest assets are chosen from as many that hold the words, and what is exactly so.
LOOKED_AT = 30


@dataclass(frozen=True)
class Asked:
    """What was typed, by whom as far as one kind goes, and when."""

    typed: str
    within: Reach
    at: datetime


@dataclass(frozen=True)
class Source:
    """A kind of thing that is found: who may see it, what finds it, and its own list."""

    kind: str
    permission: Permission
    find: Callable[[Asked], Sequence[Any]]
    is_it: Callable[[Any, str], bool]
    endpoint: str
    #: What the list is asked beside the words, so that it tells of the past too.
    all_of: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Group:
    """What was found of a kind, and where the rest is."""

    kind: str
    lines: Sequence[Any]
    all_url: str
    is_exact: bool


def groups(typed: str, *, at: datetime) -> list[Group]:
    """Return what a text finds, kind by kind; those first that it is the very number of."""
    made = [_group(source, typed, at) for source in SOURCES if may(source.permission)]
    found = [group for group in made if group.lines]
    return sorted(found, key=lambda group: not group.is_exact)


def _group(source: Source, typed: str, at: datetime) -> Group:
    lines = source.find(Asked(typed, reach(source.permission), at))
    is_exact = any(source.is_it(line, typed) for line in lines[:1])
    url = url_for(source.endpoint, q=typed, **source.all_of)
    return Group(source.kind, lines, url if is_open(source.endpoint) else "", is_exact)


def _assets(asked: Asked) -> Sequence[Line]:
    typed = asked.typed
    found = searching.find(Kind.ASSET, typed, within=asked.within, limit=LOOKED_AT)
    given = {"typed": typed, "forms": forms_of(typed)}
    exact = db.session.scalars(_exact_assets(asked.within), given).all()
    keys = list(dict.fromkeys([*exact, *found]))
    lines = assets.lines(keys, within=asked.within, at=asked.at)
    return closest(typed, lines, exact)[:MOST]


@lru_cache(maxsize=256)
def _exact_assets(within: Reach) -> Select[int]:
    """Return the statement for whose number or address is typed; built once for a reach."""
    typed: BindParameter[str] = bindparam("typed")
    forms: BindParameter[list[str]] = bindparam("forms", expanding=True)
    ways = (Asset.tag.in_(forms), Asset.ip_address == typed, Asset.serial.in_(forms))
    return (
        select(Asset.id)
        .where(or_(*ways), within.condition(Asset))
        .order_by(case(*((way, rank) for rank, way in enumerate(ways))), Asset.tag)
        .limit(MOST)
    )


def closest(typed: str, lines: list[Line], exact: Collection[int]) -> list[Line]:
    """Return the lines with those on top whose tag, address or name is, or begins as, typed.

    What is `exact` by a number that no line shows, a serial, stands between the two.
    """
    words = typed.casefold()

    def rank(line: Line) -> tuple[int, str]:
        names = [line.tag, line.ip_address, line.name, line.name_en, line.custodian]
        known = [name.casefold() for name in names]
        if words in known:
            return known.index(words), line.tag
        if line.id in exact:
            return len(known), line.tag
        starts = any(name.startswith(words) for name in known)
        return (10 if starts else 20), line.tag

    return sorted(lines, key=rank)


def _hosts(asked: Asked) -> Sequence[tuple[Host, HostState | None]]:
    typed = asked.typed
    keys = searching.find(Kind.HOST, typed, within=asked.within, limit=LOOKED_AT)
    here, is_it = asked.within.condition(Host), _is_named(typed)
    # Of a very name however it is written, among ever so many that only hold it.
    named = select(Host.id).where(is_it, here).limit(LOOKED_AT).correlate(None)
    rows = db.session.execute(
        select(Host, HostState)
        .outerjoin(HostState, HostState.host_id == Host.id)
        .where(or_(Host.id.in_(keys), Host.id.in_(named)), here)
        .order_by(case((is_it, 0), else_=1), Host.name, Host.id)
        .limit(MOST)
    )
    return [(host, state) for host, state in rows]


def _is_named(typed: str) -> ColumnElement[bool]:
    return or_(Host.name.in_(forms_of(typed)), func.lower(Host.name) == typed.lower())


def _alerts(asked: Asked) -> Sequence[Alert]:
    return alerts.found(asked.typed, asked.within.condition(Alert), at=asked.at, many=MOST)


def _modules(asked: Asked) -> Sequence[Any]:
    within = asked.within.condition(SystemModule)
    return modules.found(asked.typed, within=within, at=asked.at, many=MOST)


def _tickets(asked: Asked) -> Sequence[tickets.Line]:
    return tickets.found(asked.typed, within=asked.within, language=language(), many=MOST)


def _orders(asked: Asked) -> Sequence[order_list.Line]:
    return order_list.found(asked.typed, within=asked.within, many=MOST)


def _backups(asked: Asked) -> Sequence[BackupJob]:
    return backups.found(asked.typed, within=asked.within.condition(BackupJob), many=MOST)


SOURCES = (
    Source(
        "assets",
        Permission.VIEW_ASSETS,
        _assets,
        lambda line, typed: typed.casefold() in {line.tag.casefold(), line.ip_address.casefold()},
        "assets.index",
    ),
    Source(
        "hosts",
        Permission.VIEW_HEALTH,
        _hosts,
        lambda line, typed: line[0].name.casefold() == typed.casefold(),
        "hosts.index",
        {"list": hosts.Listing.EVERY},
    ),
    Source("alerts", Permission.VIEW_ALERTS, _alerts, lambda *_: False, "alerts.index"),
    Source(
        "modules",
        Permission.VIEW_MODULES,
        _modules,
        lambda line, typed: line[0].code.casefold() == typed.casefold(),
        "modules.index",
    ),
    Source(
        "tickets",
        Permission.VIEW_TICKETS,
        _tickets,
        lambda line, typed: line.id == numbers_in(typed).ticket_id,
        "tickets.index",
        {"status": tickets.ALL},
    ),
    Source(
        "orders",
        Permission.VIEW_MAINTENANCE,
        _orders,
        lambda line, typed: line.order.id == numbers_in(typed).order_id,
        "maintenance.index",
        {"shelf": Shelf.ALL},
    ),
    Source("backups", Permission.VIEW_BACKUPS, _backups, lambda *_: False, "backups.index"),
)
