"""The doctor looks at what keeps strangers out: files, addresses, encryption."""

import os
import stat
from collections.abc import Iterator
from ipaddress import ip_address
from urllib.parse import urlsplit

from itops.checks.base import State
from itops.config import Settings
from itops.services.doctor.findings import Finding, found

SECRETS = ("session.key", "master.key", "itops.db")


def examine(settings: Settings) -> Iterator[Finding]:
    """Yield what there is to say of secrets, address and encryption."""
    yield from _files(settings)
    is_set = bool(settings.public_url)
    yield found("address", State.OK if is_set else State.WARNING, url=settings.own_url)
    state = State.WARNING if _is_plain(settings) else State.OK
    yield found("encryption", state, url=settings.own_url)
    yield found("zone", State.OK, zone=settings.time_zone)


def _is_plain(settings: Settings) -> bool:
    """Whether requests come over a network without encryption."""
    if settings.is_encrypted or settings.public_url.startswith("https://"):
        return False
    is_named = bool(settings.public_url) and not is_loopback(urlsplit(settings.public_url).hostname)
    return is_named or not is_loopback(settings.host)


def is_loopback(host: str | None) -> bool:
    """Whether only this machine itself reaches `host`."""
    if host in {None, "localhost"}:
        return True
    try:
        return ip_address(str(host)).is_loopback
    except ValueError:
        return False


def _files(settings: Settings) -> Iterator[Finding]:
    if os.name == "nt":
        return
    readable = [
        name
        for name in SECRETS
        if (settings.data_dir / name).exists()
        and stat.S_IMODE((settings.data_dir / name).stat().st_mode) & 0o077
    ]
    is_shut = not stat.S_IMODE(settings.data_dir.stat().st_mode) & 0o077
    exposed = [] if is_shut else readable
    folder = str(settings.data_dir)
    yield found("files", State.CRITICAL if exposed else State.OK, names=exposed, folder=folder)
