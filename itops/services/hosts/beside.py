"""What else is known of a machine: its alerts, its open tickets, the modules that run on it."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, or_, select

from itops.db import db
from itops.models import Alert, Dependency, DependencyKind, Host, SystemModule, Ticket
from itops.models.alert import HARD

#: Of each kind, so many stand on the page; the newest alerts and tickets.
MOST = 8

#: What narrows a kind of things to a reader's reach; None: the reader sees none of them.
Within = ColumnElement[bool] | None


@dataclass(frozen=True)
class Beside:
    """Alerts with the ticket that each opened, other open tickets, and modules."""

    alerts: Sequence[tuple[Alert, Ticket | None]] = ()
    tickets: Sequence[Ticket] = ()
    modules: Sequence[SystemModule] = ()
    #: The kinds of which there are more than stand here.
    more: frozenset[str] = frozenset()
    #: Whether the reader's role sees all three kinds.
    is_all: bool = True

    def __bool__(self) -> bool:
        return bool(self.alerts or self.tickets or self.modules)


def beside(host: Host, *, alerts: Within, tickets: Within, modules: Within) -> Beside:
    """Return what the reader may see of all that. One query a kind."""
    is_all = all(within is not None for within in (alerts, tickets, modules))
    told = _alerts(host, alerts, tickets) if alerts is not None else []
    named = [ticket.id for _, ticket in told[:MOST] if ticket is not None]
    own = host.asset_id
    others = _tickets(own, tickets, named) if own and tickets is not None else []
    run_on_it = _modules(own, modules) if own and modules is not None else []
    kinds = (("alerts", told), ("tickets", others), ("modules", run_on_it))
    more = frozenset(kind for kind, found in kinds if len(found) > MOST)
    return Beside(told[:MOST], others[:MOST], run_on_it[:MOST], more, is_all)


def _alerts(
    host: Host, within: ColumnElement[bool], tickets: Within
) -> list[tuple[Alert, Ticket | None]]:
    about = [Alert.host_id == host.id]
    if host.asset_id is not None:
        about.append(Alert.asset_id == host.asset_id)
    seen = [tickets] if tickets is not None else [Ticket.id.is_(None)]
    rows = db.session.execute(
        select(Alert, Ticket)
        .outerjoin(Ticket, and_(Ticket.alert_id == Alert.id, *seen))
        .where(Alert.status.in_(HARD), or_(*about), within)
        .order_by(Alert.id.desc())
        .limit(MOST + 1)
    )
    return [(alert, ticket) for alert, ticket in rows]


def _tickets(asset_id: int, within: ColumnElement[bool], named: Sequence[int]) -> Sequence[Ticket]:
    """Return the open tickets about an asset, but for those that are `named` already."""
    open_ones = select(Ticket).where(Ticket.asset_id == asset_id, Ticket.is_open, within)
    others = open_ones.where(Ticket.id.not_in(named)).order_by(Ticket.id.desc())
    return db.session.scalars(others.limit(MOST + 1)).all()


def _modules(asset_id: int, within: ColumnElement[bool]) -> Sequence[SystemModule]:
    """Return the modules in use that run on an asset."""
    runs = (Dependency.kind == DependencyKind.RUNS_ON, Dependency.lower_asset_id == asset_id)
    found = (
        select(SystemModule)
        .join(Dependency, Dependency.upper_module_id == SystemModule.id)
        .where(*runs, SystemModule.is_in_use, within)
    )
    return db.session.scalars(found.order_by(SystemModule.code).limit(MOST + 1)).all()
