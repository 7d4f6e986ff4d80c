"""The pieces in which the demo's year is loaded, each committed by itself, in their order.

Loading may be asked for again after it was interrupted: a piece that is there is not made twice.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import InstrumentedAttribute

from itops.db import db
from itops.models import (
    Alert,
    AlertStatus,
    Asset,
    AssetLabel,
    BackupJob,
    Check,
    CheckChange,
    MaintenancePlan,
    SystemModule,
    Ticket,
)
from itops.services.demo.year import (
    alerts,
    backups,
    checks,
    labels,
    modules,
    open_tickets,
    outages,
    plans,
    tickets,
)
from itops.services.demo.year.check_list import check_list
from itops.services.demo.year.known import Known

Condition = ColumnElement[bool] | InstrumentedAttribute[bool]


@dataclass(frozen=True)
class Piece:
    """A piece of the year, and how it is known that it was written."""

    write: Callable[[Known], None]
    is_there: Callable[[Known], bool]

    def __call__(self, known: Known) -> None:
        if not self.is_there(known):
            self.write(known)


def steps() -> Iterator[Callable[[Known], None]]:
    """Yield every piece: what the others refer to comes first, figures last."""
    yield Piece(modules.make_modules, lambda _: _any(SystemModule.is_demo))
    yield Piece(labels.make_labels, lambda _: _has_labels())
    yield Piece(checks.make_checks, lambda _: _any(Check.is_demo))
    yield Piece(alerts.write_alerts, lambda _: _any(Alert.is_demo, _is_over()))
    yield Piece(alerts.open_alerts, lambda _: _any(Alert.is_demo, Alert.host_id > 0, ~_is_over()))
    for number, write in enumerate(backups.pieces()):
        yield Piece(write, partial(_has_more, BackupJob.is_demo, number))
    yield Piece(outages.write_outages, _has_outages)
    for number, write in enumerate(plans.pieces()):
        yield Piece(write, partial(_has_more, MaintenancePlan.is_demo, number))
    for first in tickets.firsts():
        yield Piece(partial(tickets.write_tickets, first), partial(_has_month, first))
    yield Piece(open_tickets.open_tickets, lambda _: _any(Ticket.is_demo, Ticket.is_open))
    for check in check_list():
        yield partial(checks.write_year, check.name)


def _count(*where: Condition) -> int:
    return db.session.scalars(select(func.count()).where(*where)).one()


def _any(*where: Condition) -> bool:
    return _count(*where) > 0


def _has_more(where: Condition, number: int, _known: Known) -> bool:
    return _count(where) > number


def _is_over() -> ColumnElement[bool]:
    return Alert.status == AlertStatus.RESOLVED


def _has_labels() -> bool:
    return _any(AssetLabel.asset_id == Asset.id, Asset.is_demo)


def _has_outages(known: Known) -> bool:
    """Whether a check of the demo changed months ago."""
    long_ago = CheckChange.at < known.at - timedelta(days=90)
    return _any(CheckChange.check_id == Check.id, Check.is_demo, long_ago)


def _has_month(first: int, known: Known) -> bool:
    begin, end = known.on(first, 0), known.on(first - tickets.DAYS_AT_ONCE + 1, 23)
    return _any(Ticket.is_demo, ~Ticket.is_open, Ticket.opened_at >= begin, Ticket.opened_at < end)
