"""Our own server under measurement: `itops run`, as it is installed, with enrolled hosts."""

import hashlib
import secrets
import ssl
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from itops import create_app
from itops.config import Settings
from itops.db import db
from itops.models import Enrolment, Host, HostState
from itops.services.upgrading import upgrade
from tests.bench.processes import Running
from tests.components import free_port
from tests.factories import LONG_AGO

MACHINE = "a" * 64
#: As many threads as the client has connections.
THREADS = 64


@contextmanager
def serving(
    folder: Path, *, certificate: tuple[Path, Path] | None = None, **settings: str
) -> Iterator[tuple[Running, str]]:
    """Give the running server and its address."""
    port = free_port()
    variables = {
        "ITOPS_DATA_DIR": str(folder / "data"),
        "ITOPS_PORT": str(port),
        **settings,
    }
    scheme = "http"
    if certificate:
        scheme = "https"
        variables |= {
            "ITOPS_TLS_CERTIFICATE": str(certificate[0]),
            "ITOPS_TLS_KEY": str(certificate[1]),
        }
    command = [sys.executable, "-m", "itops", "run"]
    with Running(command, log=folder / "server.log", variables=variables) as running:
        address = f"{scheme}://127.0.0.1:{port}"
        wait_until_ready(running, address, certificate[0] if certificate else None)
        yield running, address


def wait_until_ready(
    running: Running, address: str, trusted: Path | None = None, *, seconds: float = 60
) -> None:
    """Return when the health probe answers. Raise RuntimeError if the server doesn't in time."""
    context = ssl.create_default_context(cafile=str(trusted)) if trusted else None
    until = time.monotonic() + seconds
    while time.monotonic() < until and running.is_alive:
        try:
            urlopen(f"{address}/healthz", timeout=2, context=context).close()  # noqa: S310 - ours
        except (URLError, OSError):
            time.sleep(0.02)
        else:
            return
    raise RuntimeError(f"the server does not answer: {running.said()}")


def enrolled_hosts(folder: Path, count: int) -> list[str]:
    """Make a database with so many hosts in the server's folder; return what each shows."""
    (folder / "data").mkdir()
    app = create_app(Settings(data_dir=folder / "data"))
    bearers = []
    with app.app_context():
        upgrade(db.engine)
        for number in range(count):
            key = secrets.token_urlsafe(32)
            host = Host(
                public_id=secrets.token_hex(16),
                name=f"h{number}",
                key_hash=hashlib.sha256(key.encode()).digest(),
                machine=MACHINE,
                enrolment=Enrolment.APPROVED,
                enrolled_at=LONG_AGO,
            )
            db.session.add(host)
            db.session.flush()
            db.session.add(HostState(host_id=host.id))
            bearers.append(f"Bearer {host.public_id}.{key}")
        db.session.commit()
        db.session.remove()
        db.engine.dispose()
    return bearers
