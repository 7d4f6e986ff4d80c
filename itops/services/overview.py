"""What a person meets first: what is broken, what is due, what is unproven, what is new.

Each line is a count of rows that its page lists, with the names of a few. What a person may not see
is not counted for them, so each role meets its own work.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, func, select

from itops.checks.base import State
from itops.db import Base, db
from itops.models import (
    Alert,
    Host,
    HostState,
    ModuleState,
    SystemModule,
    Ticket,
    WorkOrder,
)
from itops.services.alerting import listing as alerts
from itops.services.backups import listing as backups
from itops.services.hosts import board as host_board
from itops.services.hosts.standing import is_live, is_silent
from itops.services.maintenance import order_list
from itops.services.maintenance.days import Now
from itops.services.maintenance.order_list import Shelf
from itops.services.modules import listing as modules

#: So many names stand with a count.
NAMED = 3


class Part(StrEnum):
    BROKEN = "broken"
    DUE = "due"
    UNPROVEN = "unproven"
    NEW = "new"


class Topic(StrEnum):
    """What a reader may see; the view says how far each reaches for them."""

    MODULES = "modules"
    ALERTS = "alerts"
    ORDERS = "orders"
    SIGNING = "signing"
    TICKETS = "tickets"
    BACKUPS = "backups"
    HOSTS = "hosts"
    LETTING_IN = "letting_in"


#: From a topic to what narrows a table to a reader's reach; None: the reader sees nothing of it.
Reaches = Callable[[Topic], Callable[[type[Base]], ColumnElement[bool]] | None]


@dataclass(frozen=True)
class Line:
    """A count, what of, how bad that is, and a few of the things by their rows."""

    name: str
    state: State
    count: int
    things: Sequence[Any] = field(default_factory=tuple)


Overview = dict[Part, list[Line]]


def overview(now: Now, reaches: Reaches) -> Overview:
    """Return the lines of each part that are not empty. At most a dozen queries."""
    found: Overview = {part: [] for part in Part}
    for topic, lines in LINES.items():
        within = reaches(topic)
        if within is not None:
            for part, line in lines(now, within):
                if line.count:
                    found[part].append(line)
    return found


Lines = Iterator[tuple[Part, Line]]
Within = Callable[[type[Base]], ColumnElement[bool]]


def _modules(now: Now, within: Within) -> Lines:
    down = db.session.scalars(
        select(SystemModule)
        .join(ModuleState, ModuleState.module_id == SystemModule.id)
        .where(within(SystemModule), SystemModule.is_in_use, ModuleState.state == State.CRITICAL)
        .order_by(ModuleState.since_at)
    ).all()
    yield Part.BROKEN, Line("modules_down", State.CRITICAL, len(down), down[:NAMED])
    fell = select(func.count()).where(
        within(SystemModule), SystemModule.is_in_use, modules.went_down_since(now.at - modules.NEW)
    )
    yield Part.NEW, Line("outages", State.WARNING, _count(fell))


def _alerts(_now: Now, within: Within) -> Lines:
    untaken = alerts.untaken(within(Alert))
    newest = db.session.scalars(untaken.order_by(Alert.id.desc()).limit(NAMED)).all()
    by_state = untaken.with_only_columns(Alert.state, func.count()).group_by(Alert.state)
    counts = db.session.execute(by_state).all()
    states = [row[0] for row in counts]
    worst = State.CRITICAL if State.CRITICAL in states else State.WARNING
    yield Part.BROKEN, Line("alerts", worst, sum(row[1] for row in counts), newest)


def _orders(now: Now, within: Within) -> Lines:
    counted = order_list.counts(within(WorkOrder), today=now.today)
    yield Part.DUE, Line("overdue", State.CRITICAL, counted[Shelf.OVERDUE])
    today = select(func.count()).where(
        within(WorkOrder), Shelf.TO_DO.holds(now.today), WorkOrder.due_on == now.today
    )
    yield Part.DUE, Line("today", State.OK, _count(today))
    yield Part.UNPROVEN, Line("disputed", State.WARNING, counted[Shelf.DISPUTED])


def _signing(now: Now, within: Within) -> Lines:
    waiting = select(func.count()).where(within(WorkOrder), Shelf.TO_SIGN.holds(now.today))
    yield Part.DUE, Line("to_sign", State.WARNING, _count(waiting))


def _tickets(now: Now, within: Within) -> Lines:
    live = [within(Ticket), Ticket.is_open.is_(True)]
    told = select(Ticket).where(*live, Ticket.announced_at.is_not(None))
    faults = db.session.scalars(told.order_by(Ticket.priority, Ticket.id)).all()
    yield Part.BROKEN, Line("known_faults", State.CRITICAL, len(faults), faults[:NAMED])
    late = select(func.count()).where(*live, Ticket.next_due_at < now.at)
    yield Part.DUE, Line("tickets_late", State.CRITICAL, _count(late))
    nobodys = [*live, Ticket.assignee_id.is_(None)]
    newest = select(Ticket).where(*nobodys).order_by(Ticket.id.desc()).limit(NAMED)
    count = _count(select(func.count()).where(*nobodys))
    yield Part.NEW, Line("tickets_new", State.WARNING, count, db.session.scalars(newest).all())


def _backups(now: Now, within: Within) -> Lines:
    found = backups.unproven(within(SystemModule), at=now.at)
    yield Part.UNPROVEN, Line("backups", State.WARNING, len(found), found[:NAMED])


def _hosts(now: Now, within: Within) -> Lines:
    silent = (
        select(func.count())
        .select_from(Host)
        .join(HostState, HostState.host_id == Host.id)
        .where(within(Host), is_live(), is_silent(HostState, now.at))
    )
    yield Part.UNPROVEN, Line("silent", State.UNKNOWN, _count(silent))


def _letting_in(_now: Now, within: Within) -> Lines:
    yield (
        Part.NEW,
        Line("hosts_new", State.UNKNOWN, db.session.scalar(host_board.waiting(within(Host))) or 0),
    )


LINES: dict[Topic, Callable[[Now, Within], Lines]] = {
    Topic.MODULES: _modules,
    Topic.TICKETS: _tickets,
    Topic.ALERTS: _alerts,
    Topic.ORDERS: _orders,
    Topic.SIGNING: _signing,
    Topic.BACKUPS: _backups,
    Topic.HOSTS: _hosts,
    Topic.LETTING_IN: _letting_in,
}


def _count(statement: Any) -> int:
    return int(db.session.scalar(statement) or 0)
