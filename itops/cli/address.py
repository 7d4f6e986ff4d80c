"""Whether we can listen where the settings say: nobody shares our port without a word.

Granian opens its port so that several web processes may. Two servers of one user would share it
too, each answering every second request out of a database of its own.
"""

import errno
import socket
import sys

from itops.errors import Misconfigured
from itops.setting_sources import PREFIX

if sys.platform == "win32":
    ALONE = socket.SO_EXCLUSIVEADDRUSE  # the other one lets two share a port there
else:
    ALONE = socket.SO_REUSEADDR  # connections of a server that has ended may linger
REASONS = {
    errno.EADDRINUSE: ("serve.port_in_use", "PORT"),
    errno.EACCES: ("serve.port_forbidden", "PORT"),
    errno.EADDRNOTAVAIL: ("serve.address_elsewhere", "HOST"),
}


def check_is_free(host: str, port: int) -> None:
    """Raise Misconfigured unless we can listen there alone."""
    try:
        _listen(host, port)
    except OSError as error:
        is_unknown = isinstance(error, socket.gaierror)
        number = errno.EADDRNOTAVAIL if is_unknown else error.errno or 0
        if number not in REASONS:
            raise
        key, name = REASONS[number]
        raise Misconfigured(key, name=PREFIX + name, host=host, port=port) from None


def _listen(host: str, port: int) -> None:
    family, kind, protocol, _, place = socket.getaddrinfo(
        host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )[0]
    with socket.socket(family, kind, protocol) as listening:
        listening.setsockopt(socket.SOL_SOCKET, ALONE, 1)
        listening.bind(place)
        listening.listen()
