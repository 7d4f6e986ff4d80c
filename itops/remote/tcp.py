"""Asking a port whether it takes a connection."""

from itops.checks.answers import TcpAnswer
from itops.checks.questions import TcpQuestion
from itops.clock import monotonic
from itops.remote.errors import NameUnknown, RemoteError
from itops.remote.limits import Deadline
from itops.remote.sockets import connect


def ask(address: str, question: TcpQuestion) -> TcpAnswer:
    """Return how long a connection took, or why there was none. Raise NameUnknown."""
    began = monotonic()
    try:
        connect(address, question.port, Deadline(question.timeout_seconds)).close()
    except NameUnknown:
        raise
    except RemoteError as error:
        return TcpAnswer(monotonic() - began, error.message)
    return TcpAnswer(monotonic() - began)
