"""The live state of modules: worked out every few seconds, kept with its changes."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from itops.checks.base import State
from itops.config import Settings
from itops.db import db
from itops.errors import Message
from itops.models import ModuleState, ModuleStateChange, SystemModule
from itops.models.health import Shown
from itops.services import proof
from itops.services.modules.graph import Graph, Node, NodeKind, read_graph
from itops.services.modules.rolling import Reason, Rolled, Rolling, at_best_amber
from itops.services.modules.signals import signals
from itops.services.proof import Proof

#: How often the states are worked out anew, and after how long without that they are not known.
LOOK_EVERY = timedelta(seconds=15)
STALE_AFTER = 3 * LOOK_EVERY
#: So many reasons are kept with a state.
MOST_REASONS = 12
NOBODY_LOOKS = Message("module.why.nobody_looks")
#: Nobody can say that it would come back, so it is amber at best, however well it runs.
UNPROVEN = {
    Proof.UNPROVEN: Message("module.why.backup_unproven"),
    Proof.NOT_FRESH: Message("module.why.backup_not_fresh"),
    Proof.NO_BACKUP: Message("module.why.no_backup"),
}


@dataclass(frozen=True)
class Change:
    """A module that is in another state than before."""

    module: SystemModule
    old: State
    new: State
    reasons: tuple[Reason, ...]


def note_states(at: datetime, _settings: Settings) -> Iterator[None]:
    """Work out the state of every module in use, and write what changed."""
    look(at=at)
    yield


def look(*, at: datetime) -> list[Change]:
    """Work out and write the states; return the changes. A handful of queries, however many."""
    modules = list(db.session.scalars(select(SystemModule).where(SystemModule.is_in_use)))
    kept = {row.module_id: row for row in db.session.scalars(select(ModuleState))}
    rolling = rolled_up(at=at)
    proofs = proof.of_modules([module.id for module in modules], at=at)
    changes = []
    for module in modules:
        rolled = rolling.of(Node(NodeKind.MODULE, module.id))
        if proofs[module.id].proof is not Proof.PROVEN:
            rolled = at_best_amber(rolled, UNPROVEN[proofs[module.id].proof])
        change = _keep(module, kept.get(module.id), rolled, at=at)
        if change:
            changes.append(change)
    db.session.flush()
    return changes


def rolled_up(*, at: datetime) -> Rolling:
    """Return the states of all modules and of what they stand on. Three queries."""
    graph = read_graph()
    return Rolling(graph, signals(_watched(graph), at=at))


def module_states(ids: Collection[int], *, at: datetime) -> dict[int, Shown]:
    """Return what is shown of modules: a state that nobody renewed is not known. One query."""
    rows = db.session.scalars(select(ModuleState).where(ModuleState.module_id.in_(ids)))
    found = {row.module_id: shown(row, at=at) for row in rows}
    return {key: found.get(key, Shown(State.UNKNOWN, None, NOBODY_LOOKS)) for key in ids}


def shown(row: ModuleState, *, at: datetime) -> Shown:
    """Return a module's state as people see it."""
    if row.looked_at + STALE_AFTER < at:
        return Shown(State.UNKNOWN, row.looked_at, Message("module.why.not_looked"))
    reason = Message.from_json(row.reasons[0]["message"]) if row.reasons else NOBODY_LOOKS
    return Shown(row.state, row.since_at, reason)


def _watched(graph: Graph) -> set[int]:
    """Return the assets on which something stands, or which stand on something."""
    nodes = [*graph.below, *graph.above]
    return {node.id for node in nodes if node.kind is NodeKind.ASSET}


def _keep(
    module: SystemModule, kept: ModuleState | None, rolled: Rolled, *, at: datetime
) -> Change | None:
    new = rolled.state or State.UNKNOWN
    reasons = [_as_json(one) for one in rolled.reasons[:MOST_REASONS]]
    if kept is None:
        db.session.add(
            ModuleState(module_id=module.id, state=new, since_at=at, looked_at=at, reasons=reasons)
        )
        old = State.UNKNOWN
    else:
        old, kept.looked_at = kept.state, at
        if kept.reasons != reasons:
            kept.reasons = reasons
        if old is not new:
            kept.state, kept.since_at = new, at
    if old is new:
        return None
    db.session.add(ModuleStateChange(module_id=module.id, at=at, old=old, new=new, reasons=reasons))
    return Change(module, old, new, rolled.reasons)


def _as_json(reason: Reason) -> Mapping[str, Any]:
    through = str(reason.through) if reason.through else ""
    return {
        "state": reason.state.value,
        "message": reason.message.as_json(),
        "through": through,
    }
