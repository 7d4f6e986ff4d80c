"""Who stands on whom: the arrows between modules, assets and departments, walked both ways."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import select

from itops.db import db
from itops.models import Dependency, DependencyKind


class NodeKind(StrEnum):
    MODULE = "module"
    ASSET = "asset"
    DEPARTMENT = "department"


@dataclass(frozen=True, order=True)
class Node:
    """A thing that stands on others, or that others stand on."""

    kind: NodeKind
    id: int

    def __str__(self) -> str:
        return f"{self.kind}:{self.id}"


@dataclass(frozen=True)
class Arrow:
    """`upper` falls with `lower`."""

    id: int
    kind: DependencyKind
    upper: Node
    lower: Node


class Graph:
    """All arrows, read once. A hospital has some thousands: a machine, its switch, its UPS."""

    def __init__(self, arrows: Iterable[Arrow]) -> None:
        self.below: dict[Node, list[Arrow]] = {}
        self.above: dict[Node, list[Arrow]] = {}
        for arrow in arrows:
            self.below.setdefault(arrow.upper, []).append(arrow)
            self.above.setdefault(arrow.lower, []).append(arrow)

    def supports(self, node: Node) -> list[Node]:
        """Return all that `node` stands on, the nearest first."""
        return _walk(node, {key: [one.lower for one in found] for key, found in self.below.items()})

    def dependants(self, node: Node) -> list[Node]:
        """Return all that falls with `node`, the nearest first."""
        return _walk(node, {key: [one.upper for one in found] for key, found in self.above.items()})


def read_graph() -> Graph:
    """Return the graph as it stands. One query."""
    table = Dependency
    rows = db.session.execute(
        select(
            table.id,
            table.kind,
            table.upper_module_id,
            table.upper_asset_id,
            table.upper_department_id,
            table.lower_module_id,
            table.lower_asset_id,
        )
    )
    return Graph(_arrow(row) for row in rows)


def upper_of(arrow: Any) -> Node:
    """Return the end of a dependency that falls."""
    if arrow.upper_module_id is not None:
        return Node(NodeKind.MODULE, arrow.upper_module_id)
    if arrow.upper_asset_id is not None:
        return Node(NodeKind.ASSET, arrow.upper_asset_id)
    return Node(NodeKind.DEPARTMENT, arrow.upper_department_id)


def lower_of(arrow: Any) -> Node:
    """Return the end of a dependency that the other stands on."""
    if arrow.lower_module_id is not None:
        return Node(NodeKind.MODULE, arrow.lower_module_id)
    return Node(NodeKind.ASSET, arrow.lower_asset_id)


def _arrow(row: Any) -> Arrow:
    return Arrow(row.id, row.kind, upper_of(row), lower_of(row))


def _walk(start: Node, steps: Mapping[Node, list[Node]]) -> list[Node]:
    """Return what is reached from `start`, breadth first, each once and never `start` itself."""
    found: dict[Node, None] = {}
    waiting = [start]
    while waiting:
        reached = [node for one in waiting for node in steps.get(one, ())]
        waiting = [node for node in dict.fromkeys(reached) if node not in found and node != start]
        found.update(dict.fromkeys(waiting))
    return list(found)
