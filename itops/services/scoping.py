"""How far a person's permission goes, as services see it; `auth.scopes.Reach` is one."""

from dataclasses import dataclass
from typing import Any, Protocol

from sqlalchemy import ColumnElement, false, or_, true
from sqlalchemy.orm import InstrumentedAttribute


class Within(Protocol):
    """Everywhere, or some sites and some departments."""

    @property
    def everywhere(self) -> bool: ...

    @property
    def site_ids(self) -> frozenset[int]: ...

    @property
    def department_ids(self) -> frozenset[int]: ...

    def covers(self, *, site_id: int | None, department_id: int | None = None) -> bool:
        """Whether a thing at this site, of this department, is within reach."""
        ...


@dataclass(frozen=True)
class Whole:
    """The whole installation: for the command line and for work that nobody asked for."""

    everywhere: bool = True
    site_ids: frozenset[int] = frozenset()
    department_ids: frozenset[int] = frozenset()

    def covers(self, *, site_id: int | None, department_id: int | None = None) -> bool:  # noqa: ARG002
        """Whether a thing is within reach: everything is."""
        return True


EVERYWHERE: Within = Whole()


def in_reach(
    within: Within, site_id: InstrumentedAttribute[Any], department_id: InstrumentedAttribute[Any]
) -> ColumnElement[bool]:
    """Return what narrows things that have a site and a department to a person's reach."""
    if within.everywhere:
        return true()
    reached = ((site_id, within.site_ids), (department_id, within.department_ids))
    parts = [column.in_(keys) for column, keys in reached if keys]
    return or_(*parts) if parts else false()
