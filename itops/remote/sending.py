"""Ways out for messages: where they may go, and the two ways in which sending one can fail."""

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address
from pathlib import Path

from itops.errors import ItopsError
from itops.remote import trust

CONNECT_SECONDS = 10.0
#: From the first byte to the last: a server that answers one byte a second ends here.
WHOLE_SECONDS = 30.0
#: Of an answer that we keep for people to read.
LONGEST_SAID = 300


class NotSent(ItopsError):
    """The message did not get there; it may be sent again."""


class PerhapsSent(ItopsError):
    """The message was handed over and no answer came: nobody knows, so it is not repeated."""


@dataclass(frozen=True)
class Rules:
    """What holds for every way out of this installation."""

    #: Whether messages may go to this machine itself: a mail relay on it, and tests.
    to_own_machine: bool = False
    #: Certificates of authorities that are trusted besides the system's.
    authority: Path | None = None

    def context(self) -> ssl.SSLContext:
        """Return how we speak TLS: the server's name and its certificate's authority must fit."""
        made = trust.checking()
        if self.authority is not None:
            made.load_verify_locations(self.authority)
        return made


def connect(host: str, port: int, rules: Rules) -> socket.socket:
    """Open a connection to an address that messages may go to. Raise NotSent if there is none.

    The address that was looked at is the one that is used: a name that means another machine a
    moment later leads nowhere else.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise NotSent("sending.no_such_name", host=host) from None
    reason: OSError | None = None
    for _family, _kind, _protocol, _name, address in found:
        if not may_go_to(str(address[0]), rules):
            raise NotSent("sending.own_machine", host=host)
        try:
            return socket.create_connection((str(address[0]), port), timeout=CONNECT_SECONDS)
        except OSError as error:
            reason = error
    raise NotSent("sending.no_connection", host=host, port=port, why=said(reason))


def may_go_to(address: str, rules: Rules) -> bool:
    """Whether a message may go to this address: other machines, and no tricks.

    >>> may_go_to("10.1.2.3", Rules()), may_go_to("169.254.169.254", Rules())
    (True, False)
    """
    where: IPv4Address | IPv6Address = ip_address(address.partition("%")[0])
    if isinstance(where, IPv6Address) and where.ipv4_mapped:
        where = where.ipv4_mapped
    if where.is_loopback:
        return rules.to_own_machine
    return not (where.is_link_local or where.is_unspecified or where.is_multicast)


def may_be_written(host: str, rules: Rules) -> bool:
    """Whether messages may go where somebody writes; other names are looked up when one is sent.

    >>> may_be_written("127.1", Rules()), may_be_written("mail.hospital.example", Rules())
    (False, True)
    """
    if f".{host.rstrip('.').casefold()}".endswith(".localhost"):
        return rules.to_own_machine
    try:
        found = socket.getaddrinfo(host, None, flags=socket.AI_NUMERICHOST)
    except (OSError, UnicodeError):
        return True
    return all(may_go_to(str(address[0]), rules) for *_, address in found)


def secured(plain: socket.socket, host: str, rules: Rules) -> ssl.SSLSocket:
    """Speak TLS on a connection. Raise NotSent if the other side is not who it should be."""
    try:
        return rules.context().wrap_socket(plain, server_hostname=host)
    except OSError as error:
        plain.close()
        raise NotSent("sending.no_tls", host=host, why=said(error)) from None


@contextmanager
def ended_in_time(
    line: Callable[[], socket.socket | None], seconds: float = WHOLE_SECONDS
) -> Iterator[None]:
    """Shut the connection that is in use when the time is over, whoever waits for it then."""
    timer = threading.Timer(seconds, lambda: _shut(line()))
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _shut(connection: socket.socket | None) -> None:
    if connection is not None:
        with suppress(OSError):
            # Not the TLS object's own: it would say goodbye first, and wait for an answer.
            socket.socket.shutdown(connection, socket.SHUT_RDWR)


def said(what: object) -> str:
    """Return what the other side said, short and in one line, for people to read."""
    text = what.decode("utf-8", "replace") if isinstance(what, bytes) else str(what)
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return line[:LONGEST_SAID]
