"""The rows behind each figure of a month: as many as the figure says."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from types import MappingProxyType
from typing import Any

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import joinedload

from itops.db import db
from itops.models import Alert, Ticket, TicketReport
from itops.services.months import alerts, proofs, running, tickets, upkeep
from itops.services.months.period import Look
from itops.services.months.upkeep import Fate
from itops.services.proof import Proof

#: So many stand on one page.
MOST = 100


class Kind(StrEnum):
    """What the rows are, which decides how they are shown."""

    TICKET = "ticket"
    RATING = "rating"
    ALERT = "alert"
    ORDER = "order"
    PROOF = "proof"
    OUTAGE = "outage"


@dataclass(frozen=True)
class Wanted:
    """The rows of one figure: of one department or module if one is named, from a place on."""

    figure: str
    department_id: int | None = None
    #: Tickets that belong to no department.
    is_nobodys: bool = False
    module_id: int | None = None
    start: int = 0


@dataclass(frozen=True)
class Rows:
    """A page of rows, and from where the next one begins (None: there is none)."""

    kind: Kind
    rows: Sequence[Any]
    next_start: int | None


Source = Callable[[Look, Wanted], Sequence[Any]]


def rows(look: Look, wanted: Wanted) -> Rows:
    """Return a page of the rows behind a figure of FIGURES."""
    kind, source = FIGURES[wanted.figure]
    found = source(look, wanted)
    next_start = wanted.start + MOST if len(found) > MOST else None
    return Rows(kind, found[:MOST], next_start)


def _of_tickets(name: str, look: Look, wanted: Wanted) -> Sequence[Ticket]:
    return db.session.scalars(
        select(Ticket)
        .where(*tickets.opened_in(look), tickets.conditions(look)[name], *_of_whom(wanted))
        .options(joinedload(Ticket.department), joinedload(Ticket.asset))
        .order_by(Ticket.opened_at, Ticket.id)
        .offset(wanted.start)
        .limit(MOST + 1)
    ).all()


def _of_ratings(look: Look, wanted: Wanted) -> Sequence[TicketReport]:
    return db.session.scalars(
        select(TicketReport)
        .join(Ticket, Ticket.id == TicketReport.ticket_id)
        .where(*tickets.opened_in(look), TicketReport.rating.is_not(None), *_of_whom(wanted))
        .order_by(TicketReport.rating, TicketReport.id)
        .offset(wanted.start)
        .limit(MOST + 1)
    ).all()


def _of_whom(wanted: Wanted) -> list[ColumnElement[bool]]:
    if wanted.is_nobodys:
        return [Ticket.department_id.is_(None)]
    return [] if wanted.department_id is None else [Ticket.department_id == wanted.department_id]


def _of_alerts(name: str, look: Look, wanted: Wanted) -> Sequence[Alert]:
    return db.session.scalars(
        select(Alert)
        .where(*alerts.opened_in(look), alerts.conditions()[name])
        .order_by(Alert.opened_at, Alert.id)
        .offset(wanted.start)
        .limit(MOST + 1)
    ).all()


def _of_orders(fate: Fate | None, look: Look, wanted: Wanted) -> Sequence[Any]:
    return upkeep.orders(look, fate)[wanted.start : wanted.start + MOST + 1]


def _of_found(look: Look, wanted: Wanted) -> Sequence[Any]:
    return upkeep.found(look)[wanted.start : wanted.start + MOST + 1]


def _of_proofs(proof: Proof | None, look: Look, wanted: Wanted) -> Sequence[Any]:
    found = [one for one in proofs.proofs(look) if proof in {None, one.proof}]
    return found[wanted.start : wanted.start + MOST + 1]


def _of_outages(look: Look, wanted: Wanted) -> Sequence[Any]:
    return running.outages(look, wanted.module_id)[wanted.start : wanted.start + MOST + 1]


OF_TICKETS = (
    *("tickets", "answered_in_time", "answered_late", "solved_in_time", "solved_late"),
    "still_open",
)
OF_ALERTS = ("alerts", "critical_alerts", "acknowledged", "over_unseen", "alerts_still_open")
#: Every figure that can be opened, what its rows are, and where they come from.
FIGURES: Mapping[str, tuple[Kind, Source]] = MappingProxyType(
    {name: (Kind.TICKET, partial(_of_tickets, name)) for name in OF_TICKETS}
    | {name: (Kind.ALERT, partial(_of_alerts, name)) for name in OF_ALERTS}
    | {
        "orders": (Kind.ORDER, partial(_of_orders, None)),
        "orders_on_time": (Kind.ORDER, partial(_of_orders, Fate.ON_TIME)),
        "orders_late": (Kind.ORDER, partial(_of_orders, Fate.LATE)),
        "orders_missed": (Kind.ORDER, partial(_of_orders, Fate.MISSED)),
        "orders_found": (Kind.ORDER, _of_found),
        "modules": (Kind.PROOF, partial(_of_proofs, None)),
        "proven": (Kind.PROOF, partial(_of_proofs, Proof.PROVEN)),
        "unproven": (Kind.PROOF, partial(_of_proofs, Proof.UNPROVEN)),
        "not_fresh": (Kind.PROOF, partial(_of_proofs, Proof.NOT_FRESH)),
        "no_backup": (Kind.PROOF, partial(_of_proofs, Proof.NO_BACKUP)),
        "rated": (Kind.RATING, _of_ratings),
        "outages": (Kind.OUTAGE, _of_outages),
    }
)
