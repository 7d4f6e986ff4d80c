"""Opening a connection and reading from it, with a reason for each way in which that fails."""

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from itops.remote.errors import ClosedEarly, NameUnknown, PortClosed, TimedOut, Unreachable
from itops.remote.limits import Deadline
from itops.remote.sending import Rules, may_go_to

ANYWHERE = Rules(to_own_machine=True)


def connect(address: str, port: int, deadline: Deadline) -> socket.socket:
    """Return a connection. Raise a RemoteError that says why there is none.

    This machine may be asked too, but nothing that is no machine of a hospital: link-local
    addresses (a cloud's own data), groups, and "any".
    """
    with reasons("connect"):
        found = socket.getaddrinfo(address, port, type=socket.SOCK_STREAM)
        places = [str(one[4][0]) for one in found]
        if not all(may_go_to(place, ANYWHERE) for place in places):
            raise Unreachable
        made = _first_of(places, port, deadline)
    made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return made


def _first_of(places: list[str], port: int, deadline: Deadline) -> socket.socket:
    """Connect to the addresses that were looked at, whatever the name means by now."""
    for place in places[:-1]:
        with suppress(OSError):
            return socket.create_connection((place, port), timeout=deadline.left("connect"))
    return socket.create_connection((places[-1], port), timeout=deadline.left("connect"))


@contextmanager
def reasons(stage: str) -> Iterator[None]:
    """Raise what the operating system says as a RemoteError; what TLS says passes through."""
    try:
        yield
    except ssl.SSLError:
        raise
    except (socket.gaierror, UnicodeError) as error:
        raise NameUnknown from error
    except TimeoutError as error:
        raise TimedOut(stage) from error
    except ConnectionRefusedError as error:
        raise PortClosed from error
    except ConnectionError as error:
        raise ClosedEarly from error
    except OSError as error:
        raise Unreachable from error


@contextmanager
def cut_off(made: socket.socket, deadline: Deadline, stage: str) -> Iterator[None]:
    """Cut the connection at the deadline, however slowly its bytes come. Raise TimedOut then."""
    is_late = threading.Event()
    #: A handle of its own: TLS takes the connection over, and leaves `made` empty.
    handle = made.dup()

    def cut() -> None:
        is_late.set()
        with suppress(OSError):
            handle.shutdown(socket.SHUT_RDWR)

    timer = threading.Timer(deadline.left(stage), cut)
    timer.daemon = True
    timer.start()
    try:
        yield
    except Exception as error:
        if is_late.is_set():
            raise TimedOut(stage) from error
        raise
    finally:
        timer.cancel()
        handle.close()
    if is_late.is_set():
        raise TimedOut(stage)
