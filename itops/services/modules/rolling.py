"""How states roll up: a thing's own signals count fully, what it stands on only makes it amber.

A service that answers its own checks works, however its server feels; so trouble below is said as
a warning. Where nothing looks at the thing itself, what it stands on is all that is known.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from itops.checks.base import State
from itops.errors import Message
from itops.services.modules.graph import Graph, Node


@dataclass(frozen=True)
class Signal:
    """One thing seen: a state and what says so."""

    state: State
    message: Message


@dataclass(frozen=True)
class Reason:
    """Why a node is in its state: itself, or `through` something that it stands on."""

    state: State
    message: Message
    through: Node | None = None


@dataclass(frozen=True)
class Rolled:
    """A node's state and its reasons, worst first; None: nobody looks at it or below it."""

    state: State | None
    reasons: tuple[Reason, ...] = ()


class Rolling:
    """The states of nodes, each worked out once."""

    def __init__(self, graph: Graph, signals: Mapping[Node, Sequence[Signal]]) -> None:
        self._graph = graph
        self._signals = signals
        self._known: dict[Node, Rolled] = {}

    def of(self, node: Node) -> Rolled:
        """Return the rolled-up state of a node. The graph has no circles."""
        if node not in self._known:
            self._known[node] = self._worked_out(node)
        return self._known[node]

    def _worked_out(self, node: Node) -> Rolled:
        own = [Reason(one.state, one.message) for one in self._signals.get(node, ())]
        below = list(self._from_below(node, is_seen=bool(own)))
        reasons = tuple(sorted([*own, *below], key=lambda one: -_RANK[one.state]))
        if not reasons:
            return Rolled(None)
        return Rolled(State.worst(*(one.state for one in reasons)), reasons)

    def _from_below(self, node: Node, *, is_seen: bool) -> Iterable[Reason]:
        for arrow in self._graph.below.get(node, ()):
            lower = self.of(arrow.lower)
            if lower.state is None:
                continue
            is_bad = lower.state is not State.OK
            state = State.WARNING if is_seen and is_bad else lower.state
            yield Reason(state, lower.reasons[0].message, arrow.lower)

    @cached_property
    def graph(self) -> Graph:
        """The graph that is rolled up."""
        return self._graph


def at_best_amber(rolled: Rolled, why: Message) -> Rolled:
    """Return a state that may be worse but not well, with the reason; unlooked-at stays so."""
    if rolled.state is None:
        return rolled
    reasons = sorted(
        [*rolled.reasons, Reason(State.WARNING, why)], key=lambda one: -_RANK[one.state]
    )
    return Rolled(State.worst(rolled.state, State.WARNING), tuple(reasons))


_RANK = {state: rank for rank, state in enumerate(State)}
