"""How far a person's permission goes, as services see it; `auth.scopes.Reach` is one."""

from dataclasses import dataclass
from typing import Any, Protocol

from sqlalchemy import ColumnElement, false, or_, true
from sqlalchemy.orm import InstrumentedAttribute


class Within(Protocol):
    """Everywhere, or some sites, some departments, and some things by name."""

    def __hash__(self) -> int:
        """Two of the same reach are one: statements are built once for each."""
        ...

    @property
    def everywhere(self) -> bool: ...

    @property
    def site_ids(self) -> frozenset[int]: ...

    @property
    def department_ids(self) -> frozenset[int]: ...

    @property
    def asset_ids(self) -> frozenset[int]: ...

    @property
    def module_ids(self) -> frozenset[int]: ...

    def covers(
        self,
        *,
        site_id: int | None,
        department_id: int | None = None,
        asset_id: int | None = None,
        module_id: int | None = None,
    ) -> bool:
        """Whether a thing at this site, of this department, about these, is within reach."""
        ...


@dataclass(frozen=True)
class Whole:
    """The whole installation: for the command line and for work that nobody asked for."""

    everywhere: bool = True
    site_ids: frozenset[int] = frozenset()
    department_ids: frozenset[int] = frozenset()
    asset_ids: frozenset[int] = frozenset()
    module_ids: frozenset[int] = frozenset()

    def covers(self, **_thing: int | None) -> bool:
        """Whether a thing is within reach: everything is."""
        return True


EVERYWHERE: Within = Whole()


def in_reach(
    within: Within,
    site_id: InstrumentedAttribute[Any],
    department_id: InstrumentedAttribute[Any],
    asset_id: InstrumentedAttribute[Any],
    module_id: InstrumentedAttribute[Any] | None = None,
) -> ColumnElement[bool]:
    """Return what narrows things that have a site and a department to a person's reach."""
    if within.everywhere:
        return true()
    reached = (
        (site_id, within.site_ids),
        (department_id, within.department_ids),
        (asset_id, within.asset_ids),
        (module_id, within.module_ids),
    )
    parts = [column.in_(keys) for column, keys in reached if keys and column is not None]
    return or_(*parts) if parts else false()
