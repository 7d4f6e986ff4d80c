"""Where a permission reaches: a site and all below it, a department, named things, everywhere."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from flask import abort, current_app, g, request
from sqlalchemy import ColumnElement, Select, false, or_, select, true
from sqlalchemy.orm.interfaces import ORMOption

from itops.auth.permissions import Permission, grants_with, may, note_for_whom, own_grants_with
from itops.db import Base, db
from itops.models import Asset, Role, RoleGrant, Site, SystemModule, WorkOrder
from itops.services.maintenance import shares

T = TypeVar("T", bound=Base)
S = TypeVar("S", bound=Select[Any])

TREE = select(Site.id, Site.parent_id)


@dataclass(frozen=True)
class Reach:
    """How far a permission goes for one person."""

    everywhere: bool
    site_ids: frozenset[int]
    department_ids: frozenset[int]
    #: Assets and modules that are named one by one, with what is about them: nothing beside them.
    asset_ids: frozenset[int] = frozenset()
    module_ids: frozenset[int] = frozenset()

    def condition(self, model: type[Base]) -> ColumnElement[bool]:
        """Return what narrows a query for `model` (it has a `site_id`) to this reach."""
        if model is WorkOrder:
            return shares.orders(self)
        if self.everywhere:
            return true()
        parts: list[ColumnElement[bool]] = []
        if self.site_ids:
            parts.append(_column(model, "site_id").in_(self.site_ids))
        if self.department_ids and hasattr(model, "department_id"):
            parts.append(_column(model, "department_id").in_(self.department_ids))
        for named, keys in ((Asset, self.asset_ids), (SystemModule, self.module_ids)):
            about = "id" if model is named else f"{named.__tablename__}_id"
            if keys and hasattr(model, about):
                parts.append(_column(model, about).in_(keys))
        return or_(*parts) if parts else false()

    def covers(
        self,
        *,
        site_id: int | None,
        department_id: int | None = None,
        asset_id: int | None = None,
        module_id: int | None = None,
    ) -> bool:
        """Whether a thing at this site, of this department, about these, is within reach."""
        return (
            self.everywhere
            or site_id in self.site_ids
            or department_id in self.department_ids
            or asset_id in self.asset_ids
            or module_id in self.module_ids
        )


def reach(permission: Permission) -> Reach:
    """Return how far `permission` goes for the person of this request."""
    known: dict[Permission, Reach] = g.setdefault("reaches", {})
    if permission not in known:
        known[permission] = _reach_of(grants_with(permission))
    return known[permission]


def own_reach(permission: Permission) -> Reach:
    """Return how far it goes by this person's own roles, without what was handed to them."""
    if not g.get("stands_in"):
        return reach(permission)
    known: dict[Permission, Reach] = g.setdefault("own_reaches", {})
    if permission not in known:
        known[permission] = _reach_of(own_grants_with(permission))
    return known[permission]


def only_everywhere() -> None:
    """Turn away who may do what a view does in a part of the hospital only; before a request.

    For what the hospital has once: a site's administrator would read or divert others' messages.
    """
    permission = getattr(current_app.view_functions.get(request.endpoint or ""), "permission", None)
    if isinstance(permission, Permission) and may(permission) and not reach(permission).everywhere:
        abort(403)


def scoped(statement: S, model: type[Base], permission: Permission) -> S:
    """Narrow a select to the rows of `model` that `permission` reaches."""
    return statement.where(reach(permission).condition(model))


def in_scope_or_404(
    model: type[T], key: int | str, permission: Permission, *, beside: Sequence[ORMOption] = ()
) -> T:
    """Return the row if it exists within reach, with what `beside` loads; else there is none."""
    wanted = select(model).where(_column(model, "id") == key).options(*beside)
    found = db.session.scalar(scoped(wanted, model, permission))
    if found is None:
        abort(404)
    _note_for_whom(found, permission)
    return found


def _note_for_whom(row: Base, permission: Permission) -> None:
    """Note for the log that only what was handed over opens this thing. It asks no database."""
    if g.get("stands_in") and not own_reach(permission).covers(
        site_id=getattr(row, "site_id", None), department_id=getattr(row, "department_id", None)
    ):
        note_for_whom(permission)


def _column(model: type[Base], name: str) -> Any:
    return getattr(model, name)


def _reach_of(grants: list[RoleGrant]) -> Reach:
    if any(grant.holds_everywhere for grant in grants):
        return Reach(everywhere=True, site_ids=frozenset(), department_ids=frozenset())
    placed = [grant for grant in grants if grant.role is not Role.VENDOR]
    roots = {grant.site_id for grant in placed if grant.department_id is None}
    return Reach(
        everywhere=False,
        site_ids=frozenset(_with_all_below({root for root in roots if root is not None})),
        department_ids=frozenset(
            grant.department_id for grant in placed if grant.department_id is not None
        ),
        asset_ids=frozenset(grant.asset_id for grant in grants if grant.asset_id is not None),
        module_ids=frozenset(grant.module_id for grant in grants if grant.module_id is not None),
    )


def _with_all_below(roots: set[int]) -> set[int]:
    """Given sites, return them and every site under them (the tree is small: some hundred rows)."""
    if not roots:
        return set()
    children = _tree()
    found, waiting = set(roots), list(roots)
    while waiting:
        below = [child for child in children.get(waiting.pop(), []) if child not in found]
        found.update(below)
        waiting.extend(below)
    return found


def _tree() -> dict[int | None, list[int]]:
    """Return the sites below each site; asked once a request, for however many permissions."""
    known: dict[int | None, list[int]] | None = g.get("site_tree")
    if known is None:
        known = g.site_tree = {}
        # On the connection: a session would make each of some hundred rows twice.
        for site_id, parent_id in db.session.connection().execute(TREE):
            known.setdefault(parent_id, []).append(site_id)
    return known
