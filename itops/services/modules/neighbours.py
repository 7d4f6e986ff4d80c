"""What a thing stands on and what falls with it, with names, as far as a reader may see."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select

from itops.db import db
from itops.models import Asset, Department, Dependency, DependencyKind, SystemModule
from itops.services.modules.graph import Node, NodeKind, lower_of, read_graph, upper_of

Sees = Callable[[NodeKind, Any], bool]


@dataclass(frozen=True)
class Named:
    """A node that the reader may see, and the row behind it."""

    node: Node
    thing: SystemModule | Asset | Department


@dataclass(frozen=True)
class Neighbour(Named):
    """A node one arrow away."""

    dependency: Dependency

    @property
    def kind(self) -> DependencyKind:
        return self.dependency.kind


@dataclass(frozen=True)
class Falling:
    """What falls with a thing, by kind, and how many of them the reader may not see."""

    modules: list[Named] = field(default_factory=list)
    assets: list[Named] = field(default_factory=list)
    departments: list[Named] = field(default_factory=list)
    hidden: int = 0

    @property
    def is_nothing(self) -> bool:
        return not (self.modules or self.assets or self.departments or self.hidden)


@dataclass(frozen=True)
class Neighbours:
    """Everything around a thing that the reader may see."""

    below: list[Neighbour]
    above: list[Neighbour]
    falling: Falling


def neighbours(node: Node, sees: Sees) -> Neighbours:
    """Return what is around `node`. `sees` says whether the reader may see a row of a kind."""
    arrows = list(
        db.session.scalars(select(Dependency).where(_touches(node)).order_by(Dependency.id))
    )
    falls = read_graph().dependants(node)
    ends = [end for arrow in arrows for end in (upper_of(arrow), lower_of(arrow))]
    things = things_of([*ends, *falls])
    known = {key: thing for key, thing in things.items() if sees(key.kind, thing)}
    below = [_named(arrow, lower_of(arrow), known) for arrow in arrows if upper_of(arrow) == node]
    above = [_named(arrow, upper_of(arrow), known) for arrow in arrows if lower_of(arrow) == node]
    return Neighbours(
        [one for one in below if one], [one for one in above if one], _falling(falls, known)
    )


def things_of(nodes: Iterable[Node]) -> dict[Node, Any]:
    """Return the rows behind nodes. A query a kind."""
    keys: dict[NodeKind, set[int]] = defaultdict(set)
    for node in nodes:
        keys[node.kind].add(node.id)
    found: dict[Node, Any] = {}
    for kind, model in _MODELS.items():
        if keys[kind]:
            rows = db.session.scalars(select(model).where(model.id.in_(keys[kind])))
            found.update({Node(kind, row.id): row for row in rows})
    return found


_MODELS: dict[NodeKind, Any] = {
    NodeKind.MODULE: SystemModule,
    NodeKind.ASSET: Asset,
    NodeKind.DEPARTMENT: Department,
}


def _touches(node: Node) -> Any:
    upper = getattr(Dependency, f"upper_{node.kind}_id") == node.id
    if node.kind is NodeKind.DEPARTMENT:
        return upper
    return upper | (getattr(Dependency, f"lower_{node.kind}_id") == node.id)


def _named(arrow: Dependency, end: Node, known: Mapping[Node, Any]) -> Neighbour | None:
    return Neighbour(end, known[end], arrow) if end in known else None


def _falling(falls: list[Node], known: Mapping[Node, Any]) -> Falling:
    groups: dict[NodeKind, list[Named]] = defaultdict(list)
    for node in falls:
        if node in known:
            groups[node.kind].append(Named(node, known[node]))
    hidden = len(falls) - sum(map(len, groups.values()))
    return Falling(
        groups[NodeKind.MODULE], groups[NodeKind.ASSET], groups[NodeKind.DEPARTMENT], hidden
    )
