"""Saying that one thing stands on another, and taking it back; circles are refused."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, text

from itops.db import db
from itops.errors import Invalid, Refused
from itops.models import Asset, Department, Dependency, DependencyKind, SystemModule
from itops.services import auditing
from itops.services.auditing import Actor
from itops.services.modules.graph import Node, NodeKind, lower_of, read_graph, upper_of
from itops.services.scoping import Within

Thing = SystemModule | Asset | Department

#: Which kinds of things may stand on which, and in what sense.
ALLOWED: dict[DependencyKind, set[tuple[NodeKind, NodeKind]]] = {
    DependencyKind.RUNS_ON: {(NodeKind.MODULE, NodeKind.ASSET)},
    DependencyKind.POWERED_BY: {(NodeKind.ASSET, NodeKind.ASSET)},
    DependencyKind.NEEDS: {
        (NodeKind.MODULE, NodeKind.MODULE),
        (NodeKind.ASSET, NodeKind.ASSET),
    },
    DependencyKind.SERVES: {(NodeKind.DEPARTMENT, NodeKind.MODULE)},
}
NOTE = 200


@dataclass(frozen=True)
class Link:
    """What a person states: `upper` stands on `lower`, in this sense."""

    kind: DependencyKind
    upper: Node
    lower: Node
    note: str = ""


def connect(link: Link, *, within: Within, by: Actor, at: datetime) -> Dependency:
    """Write down that one thing stands on another.

    Raise Invalid if an end is unknown or out of reach, Refused if the two can't stand on each
    other so, if it is said already, or if it would close a circle.
    """
    if (link.upper.kind, link.lower.kind) not in ALLOWED[link.kind]:
        raise Refused("dependency.kind_refused")
    upper, lower = _reached(link.upper, within), _reached(link.lower, within)
    if upper.is_demo != lower.is_demo:
        raise Invalid("dependency.demo_mixed", field="lower")
    _alone()
    _refuse_circle(link.upper, link.lower)
    arrow = f"{link.upper} > {link.lower}"
    if db.session.scalar(select(Dependency.id).where(Dependency.arrow == arrow)) is not None:
        raise Refused("dependency.known")
    made = Dependency(
        kind=link.kind,
        arrow=arrow,
        note=link.note[:NOTE],
        is_demo=upper.is_demo,
        **{f"upper_{link.upper.kind}_id": link.upper.id},
        **{f"lower_{link.lower.kind}_id": link.lower.id},
    )
    db.session.add(made)
    db.session.flush()
    auditing.record("dependency.connected", made, by=by, at=at, after=auditing.facts(made))
    return made


def disconnect(made: Dependency, *, within: Within, by: Actor, at: datetime) -> None:
    """Take back that one thing stands on another. Raise Invalid if either is out of reach."""
    for node in (upper_of(made), lower_of(made)):
        _reached(node, within)
    auditing.record("dependency.cut", made, by=by, at=at, before=auditing.facts(made))
    db.session.delete(made)
    db.session.flush()


def thing_of(node: Node) -> Thing | None:
    """Return the row that a node stands for."""
    if node.kind is NodeKind.MODULE:
        return db.session.get(SystemModule, node.id)
    if node.kind is NodeKind.ASSET:
        return db.session.get(Asset, node.id)
    return db.session.get(Department, node.id)


def _reached(node: Node, within: Within) -> Thing:
    thing = thing_of(node)
    department = thing.id if isinstance(thing, Department) else getattr(thing, "department_id", 0)
    if thing is None or not within.covers(site_id=thing.site_id, department_id=department):
        raise Invalid("dependency.out_of_reach", field="lower")
    return thing


def _alone() -> None:
    """Keep two arrows that close a circle together from being drawn at once."""
    if db.session.connection().dialect.name == "postgresql":
        db.session.execute(text("LOCK TABLE dependency IN SHARE ROW EXCLUSIVE MODE"))


def _refuse_circle(upper: Node, lower: Node) -> None:
    if upper == lower or upper in read_graph().supports(lower):
        raise Refused("dependency.circle")
