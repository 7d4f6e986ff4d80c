"""What is seen of things themselves: their checks and, of machines, their agents."""

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime

from sqlalchemy import select

from itops.checks.base import State
from itops.db import db
from itops.errors import Message
from itops.i18n import in_both
from itops.models import Check, Enrolment, Host, HostState
from itops.services.modules.graph import Node, NodeKind
from itops.services.modules.rolling import Signal

Signals = dict[Node, list[Signal]]


def signals(assets: Collection[int], *, at: datetime) -> Signals:
    """Return what is seen of all modules, and of these assets. Two queries."""
    found: Signals = defaultdict(list)
    _from_checks(found, assets, at=at)
    _from_agents(found, assets, at=at)
    return found


def _from_checks(found: Signals, assets: Collection[int], *, at: datetime) -> None:
    about_these = Check.module_id.is_not(None) | Check.asset_id.in_(assets)
    for check in db.session.scalars(select(Check).where(Check.is_enabled, about_these)):
        found[_node_of(check)].append(_said_by(check, at=at))


def _said_by(check: Check, *, at: datetime) -> Signal:
    """Return a check's hard verdict, so that one lost packet takes no module down."""
    shown = check.shown(at)
    if shown.reason is not None:
        why = {"name": in_both(check.name, check.name_en), "why": shown.reason}
        return Signal(State.UNKNOWN, Message("module.why.check_says", why))
    if check.is_hard and check.findings and check.hard_state is not State.OK:
        why = {
            "name": in_both(check.name, check.name_en),
            "why": Message.from_json(check.findings[0]["message"]),
        }
        return Signal(check.hard_state, Message("module.why.check_says", why))
    return Signal(
        check.hard_state, Message("module.why.check", {"name": in_both(check.name, check.name_en)})
    )


def _node_of(check: Check) -> Node:
    if check.module_id is not None:
        return Node(NodeKind.MODULE, check.module_id)
    return Node(NodeKind.ASSET, check.asset_id or 0)


def _from_agents(found: Signals, assets: Collection[int], *, at: datetime) -> None:
    rows = db.session.execute(
        select(Host, HostState)
        .join(HostState, HostState.host_id == Host.id)
        .where(
            Host.asset_id.in_(assets),
            Host.enrolment == Enrolment.APPROVED,
            Host.merged_into_id.is_(None),
        )
    )
    for host, state in rows:
        shown = state.shown(at)
        message = _says(host, shown.reason) if shown.reason else _worst_finding(state, host)
        found[Node(NodeKind.ASSET, host.asset_id or 0)].append(Signal(shown.state, message))


def _worst_finding(state: HostState, host: Host) -> Message:
    """Return why a host that is heard is in its state, as its own first finding says."""
    if state.findings and state.state is not State.OK:
        return _says(host, Message.from_json(state.findings[0]["message"]))
    return Message("module.why.heard", {"name": host.name})


def _says(host: Host, why: Message) -> Message:
    return Message("module.why.machine_says", {"name": host.name, "why": why})
