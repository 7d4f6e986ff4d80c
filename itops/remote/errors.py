"""Why a machine could not be asked: one class a reason, each with its own sentence."""

from typing import Any, ClassVar

from itops.errors import ItopsError, Message


class RemoteError(ItopsError):
    """The machine could not be asked, or did not end its answer. The check is UNKNOWN."""

    key: ClassVar[str] = "remote.failed"

    def __init__(self, **params: Any) -> None:
        super().__init__(self.key, **params)


class NameUnknown(RemoteError):
    """No address is known for the machine's name."""

    key = "remote.name_unknown"


class Unreachable(RemoteError):
    """No way leads to the machine, or it does not answer at all."""

    key = "remote.unreachable"


class PortClosed(RemoteError):
    """The machine answers, and nobody listens on the port."""

    key = "remote.port_closed"


class TimedOut(RemoteError):
    """One stage took too long; `stage` says which."""

    key = "remote.timed_out"

    def __init__(self, stage: str) -> None:
        super().__init__(stage=Message(f"remote.stage.{stage}"))
        self.stage = stage


class ClosedEarly(RemoteError):
    """The far side closed or reset the connection in the middle."""

    key = "remote.closed_early"


class NotSpoken(RemoteError):
    """Whatever listens there speaks another protocol than the one that we asked for."""

    key = "remote.not_spoken"


class Incompatible(RemoteError):
    """The device is up, but knows only methods that are not safe any more (SHA-1 and older)."""

    key = "remote.incompatible"


class HostKeyUnknown(RemoteError):
    """Nobody has approved a host key for this machine yet; nothing was sent."""

    key = "remote.host_key_unknown"


class HostKeyChanged(RemoteError):
    """The machine shows another host key than the approved one; no credential was sent."""

    key = "remote.host_key_changed"

    def __init__(self, *, expected: str, seen: str) -> None:
        super().__init__(expected=expected, seen=seen)
        self.seen = seen


class AuthFailed(RemoteError):
    """The machine does not take the account with this credential."""

    key = "remote.auth_failed"


class CredentialUnreadable(RemoteError):
    """The stored key is none that we can use; nothing was sent."""

    key = "remote.credential_unreadable"


class CommandRefused(RemoteError):
    """The account is let in, but may not run a command."""

    key = "remote.command_refused"


class Busy(RemoteError):
    """Other checks held this machine's connection for too long."""

    key = "remote.busy"


class AccountMissing(RemoteError):
    """The check needs an account or a community, and none was chosen for it."""

    key = "remote.account_missing"


class SnmpSilent(RemoteError):
    """No answer by SNMP; a wrong community gets none either."""

    key = "remote.snmp_silent"
