"""Time pages on a large register, signed in, in process: python -m tests.bench.pages [ADDRESS …].

Server time is from the WSGI call to the last byte, warm. The register has 100,000 assets and 5,000
hosts (ITOPS' own SQLite); a page is named by its address alone, so any page can be added here.
"""

import statistics
import sys
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path

from flask import Flask, session
from flask.testing import FlaskClient

from itops import create_app
from itops.auth import sessions
from itops.cli.worker_process import settle
from itops.clock import utcnow
from itops.config import Settings
from itops.db import db
from itops.models import Role, User
from itops.services.upgrading import upgrade
from tests import factories
from tests.bench import hospital

ASSETS, HOSTS, ROUNDS = 100_000, 5_000, 30
#: Each page by a name, and the most milliseconds that its median may take.
PAGES: dict[str, tuple[str, float]] = {
    "list": ("/assets", 10),
    "list, a later page": ("/assets?after=YJ-7", 10),
    "filter by type": ("/assets?type=server", 10),
    "filter by type and lifecycle": ("/assets?type=ups&lifecycle=in_repair", 10),
    "filter by department": ("/assets?department=5", 10),
    "filter by health": ("/assets?health=critical", 10),
    "list with search": ("/assets?q=检验", 10),
    "search": ("/search?q=检验", 10),
    "search by pinyin": ("/search?q=zhangwei", 10),
    "search by address": ("/search?q=10.0.12", 10),
    "asset": ("/assets/20", 8),
    "host": ("/hosts/1", 10),
    "list of hosts": ("/hosts", 10),
    "hosts that are well": ("/hosts?state=ok", 10),
    "fleet board": ("/", 40),
}


def large_app(folder: Path, *, assets: int = ASSETS, hosts: int = HOSTS) -> Flask:
    """Return an app whose database in `folder` holds the large register; built once."""
    is_new = not (folder / "itops.db").exists()
    app = create_app(Settings(data_dir=folder, hospital="Bench"))
    with app.app_context():
        if is_new:
            upgrade(db.engine)
            hospital.build(assets=assets, hosts=hosts, at=utcnow())
        db.session.remove()
    return app


def signed_in(app: Flask, role: Role = Role.HEAD) -> FlaskClient:
    """Return a browser on which somebody with `role` is signed in."""
    with app.app_context(), app.test_request_context():
        key = factories.user(role=role, login=f"bench-{time.monotonic_ns()}").id
        db.session.commit()
        person = db.session.get_one(User, key)
        sessions.begin_session(person, at=utcnow())
        db.session.commit()
        token = session[sessions.TOKEN]
    client = app.test_client()
    with client.session_transaction() as cookie:
        cookie[sessions.TOKEN] = token
    return client


def measure(client: FlaskClient, address: str, *, rounds: int = ROUNDS) -> tuple[float, float, int]:
    """Return the median and the worst of a page's milliseconds, and its bytes."""
    took, size = [], 0
    for _ in range(rounds + 3):
        began = time.perf_counter()
        answer = client.get(address)
        size = len(answer.data)
        took.append((time.perf_counter() - began) * 1000)
        if answer.status_code != 200:
            raise SystemExit(f"{address} answered {answer.status_code}")
    warm = took[3:]
    return statistics.median(warm), max(warm), size


def main(addresses: Iterable[str]) -> None:
    """Build the register in a folder that later runs find again, and print a line for each page."""
    folder = Path(tempfile.gettempdir()) / "itops-bench-pages"
    folder.mkdir(exist_ok=True)
    client = signed_in(large_app(folder))
    settle()
    pages = {address: (address, 0.0) for address in addresses} or PAGES
    for name, (address, goal) in pages.items():
        median, worst, size = measure(client, address)
        verdict = "" if not goal else f"  goal {goal:g}: {'met' if median <= goal else 'MISSED'}"
        print(f"{name:30} {median:7.2f} ms  worst {worst:7.2f}  {size:7} bytes{verdict}")  # noqa: T201


if __name__ == "__main__":
    main(sys.argv[1:])
