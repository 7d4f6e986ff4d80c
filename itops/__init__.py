"""What a hospital's information department runs its own work with."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from itops.app import create_app

__all__ = ["create_app"]
__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    """Build what makes an app only for who asks for it: a process that copies files needs none."""
    if name == "create_app":
        from itops.app import create_app  # noqa: PLC0415 - that is the point

        return create_app
    raise AttributeError(name)
