"""Why a backup is not good, and why it could not be looked at: never the same thing."""

from typing import Any, ClassVar

from itops.errors import ItopsError
from itops.remote.errors import RemoteError


class Damaged(ItopsError):
    """The backup was read and is not whole. The finding is critical."""

    def __init__(self, key: str, **params: Any) -> None:
        super().__init__(f"backup.damaged.{key}", **params)


class CannotLook(RemoteError):
    """The backup could not be looked at (no tool, no file, no room). The finding is unknown."""

    key: ClassVar[str] = "backup.cannot_look"


class NoTool(CannotLook):
    """A program that reads this kind of backup is not installed here."""

    key = "backup.no_tool"


class NotThere(CannotLook):
    """There is no such file, or we may not read it."""

    key = "backup.not_there"


class NoRoom(CannotLook):
    """The disk has too little room for a copy to be restored."""

    key = "backup.no_room"


class OutOfTime(CannotLook):
    """It took longer than is allowed."""

    key = "backup.out_of_time"


class TooNew(CannotLook):
    """The dump was made by a newer program than the ones here, which can't read it."""

    key = "backup.too_new"
