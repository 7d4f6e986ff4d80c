"""Opening a connection, with a reason for each way in which that fails."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager

from itops.remote.errors import ClosedEarly, NameUnknown, PortClosed, TimedOut, Unreachable
from itops.remote.limits import Deadline


def connect(address: str, port: int, deadline: Deadline) -> socket.socket:
    """Return a connection. Raise a RemoteError that says why there is none."""
    with reasons("connect"):
        made = socket.create_connection((address, port), timeout=deadline.left("connect"))
    made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return made


@contextmanager
def reasons(stage: str) -> Iterator[None]:
    """Raise what the operating system says as a RemoteError."""
    try:
        yield
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
