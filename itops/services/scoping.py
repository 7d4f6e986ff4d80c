"""How far a person's permission goes, as services see it; `auth.scopes.Reach` is one."""

from dataclasses import dataclass
from typing import Protocol


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
