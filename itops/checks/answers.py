"""What comes back from a question: plain facts, not yet judged."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from itops.errors import Message


@dataclass(frozen=True)
class Output:
    """What a command printed, and how it ended."""

    stdout: str
    stderr: str
    exit_code: int
    #: How long it ran, and when (by our clock) it was started.
    seconds: float
    sent_at: datetime
    #: It printed more than we take; `stdout` holds the beginning.
    is_truncated: bool = False
    #: How the bytes were read; empty if they are no text that we know.
    encoding: str = "utf-8"


@dataclass(frozen=True)
class TcpAnswer:
    """How long a connection took, or why there was none."""

    seconds: float
    failure: Message | None = None


@dataclass(frozen=True)
class HttpAnswer:
    """A status and the beginning of a body, or why there was none."""

    seconds: float
    status: int = 0
    body: str = ""
    is_truncated: bool = False
    failure: Message | None = None


@dataclass(frozen=True)
class TlsAnswer:
    """The certificate that a server shows, and what a client that checks would say of it."""

    asked_at: datetime
    expires_at: datetime | None = None
    subject: str = ""
    issuer: str = ""
    #: Why a client that trusts the given authorities would refuse it.
    distrust: Message | None = None
    failure: Message | None = None


@dataclass(frozen=True)
class NutAnswer:
    """The variables of a UPS, or upsd's error word (DATA-STALE, DRIVER-NOT-CONNECTED …)."""

    variables: Mapping[str, str] = field(default_factory=dict)
    error: str = ""


@dataclass(frozen=True)
class SnmpAnswer:
    """Values by object identifier without a leading dot; what the agent lacks is not in it."""

    values: Mapping[str, int | str] = field(default_factory=dict)


Answer = Output | TcpAnswer | HttpAnswer | TlsAnswer | NutAnswer | SnmpAnswer
