"""What a check asks: a fixed command or a request, whole before anything is sent."""

import re
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum


class Transport(StrEnum):
    """The ways to ask; each is one module of `itops.remote`."""

    SSH = "ssh"
    TCP = "tcp"
    HTTP = "http"
    TLS = "tls"
    NUT = "nut"
    SNMP = "snmp"


#: What a word of the far side's script may hold as it stands; any other byte goes as `=` and octal.
PLAIN = re.compile(r"[A-Za-z0-9_./:@,+%-]")


@dataclass(frozen=True)
class Command:
    """A fixed shell command with a name; its arguments are `$1`, `$2` … and never part of it."""

    name: str
    script: str
    arguments: tuple[str, ...] = ()

    def direct(self) -> str:
        """Return the line for an ordinary account, whatever its login shell."""
        if not self.arguments:
            return self.script
        return shlex.join(["exec", "sh", "-c", self.script, "itops-check", *self.arguments])

    def forced(self) -> str:
        """Return the line for an account whose key runs nothing but the script `itops-check`."""
        return " ".join(["itops-check", self.name, *map(encoded, self.arguments)])


def encoded(argument: str) -> str:
    """Return an argument as one word without quotes; the far side's script reads it back.

    >>> encoded("/srv/pacs archive")
    '/srv/pacs=040archive'
    """
    if not argument:
        return "="
    return "".join(
        chr(byte) if byte < 128 and PLAIN.match(chr(byte)) else f"={byte:03o}"
        for byte in argument.encode()
    )


@dataclass(frozen=True)
class TcpQuestion:
    """Whether a port takes a connection."""

    port: int
    timeout_seconds: float


@dataclass(frozen=True)
class HttpQuestion:
    """What a page answers."""

    port: int
    path: str
    is_tls: bool
    #: The name that is asked for (Host, TLS); empty for the target's own address.
    host_name: str
    timeout_seconds: float
    follows: int


@dataclass(frozen=True)
class TlsQuestion:
    """Which certificate a server shows."""

    port: int
    host_name: str
    timeout_seconds: float


@dataclass(frozen=True)
class NutQuestion:
    """What upsd knows of a UPS."""

    port: int
    ups: str


@dataclass(frozen=True)
class SnmpQuestion:
    """Which values stand at object identifiers: scalars are read, columns walked."""

    port: int
    scalars: Sequence[str]
    columns: Sequence[str] = ()


Question = Command | TcpQuestion | HttpQuestion | TlsQuestion | NutQuestion | SnmpQuestion
