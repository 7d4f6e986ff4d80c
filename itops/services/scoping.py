"""How far a person's permission goes, as services see it; `auth.scopes.Reach` is one."""

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
