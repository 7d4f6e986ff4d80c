"""Ask every machine of a field its time, as the product does: FIELD new|kept ROUNDS.

The whole way: checks that are due are claimed, credentials unsealed, host keys checked, answers
judged and written, in groups that are committed on SQLite with synchronous=FULL. Prints one line of
JSON: how many results were stored, the seconds, and our processor seconds.
"""

import json
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from flask import Flask
from sqlalchemy import func, select, update

from itops import create_app
from itops.checks.base import State
from itops.cli.worker_process import settle
from itops.clock import utcnow
from itops.config import Settings
from itops.db import db
from itops.jobs.looking import Looking
from itops.jobs.worker import Worker
from itops.models import Check, CredentialKind, HostKey, HostKeyState
from itops.services.checking import runner, settling
from itops.services.checking.asking import TRANSPORTS
from itops.services.engine import waking
from itops.services.engine.due_rows import Done
from itops.services.upgrading import upgrade
from tests import factories

MOST_SECONDS = 120


def make(field: dict[str, Any]) -> None:
    """Make a check for each machine of the field, none of them due."""
    at, module = utcnow(), factories.module()
    algorithm, public_key = field["host_key"]
    secret = Path(field["key"]).read_text()
    kind, user = CredentialKind.SSH_KEY, field["user"]
    key = {"algorithm": algorithm, "public_key": public_key, "state": HostKeyState.APPROVED}
    credential = factories.credential(secret, kind=kind, user_name=user)
    for address, port in field["targets"]:
        place = {"address": address, "port": port}
        seen = {"fingerprint": "SHA256:x", "first_seen_at": at, "seen_at": at}
        db.session.add(HostKey(**place, **key, **seen))
        factories.check(kind="clock", module=module, credential=credential, due_at=None, **place)
    db.session.commit()


class Rounds:
    """Makes all checks due at once, and counts what is settled until all are."""

    def __init__(self, app: Flask, count: int) -> None:
        self.app = app
        self._count = count
        self._settled = 0
        self._is_over = threading.Event()

    @contextmanager
    def working(self) -> Iterator[None]:
        worker = Worker(self.app)
        queue = replace(runner.ANSWERING, settle=self._settle)
        thread = threading.Thread(target=Looking(worker, [queue]).run)
        thread.start()
        try:
            yield
        finally:
            worker.stop.set()
            waking.ring()
            thread.join()

    def one(self) -> None:
        """Have everything looked at once."""
        self._settled = 0
        self._is_over.clear()
        with self.app.app_context():
            db.session.execute(update(Check).values(due_at=utcnow()))
            waking.wake()
            db.session.commit()
        if not self._is_over.wait(MOST_SECONDS):
            raise TimeoutError(f"{self._settled} of {self._count}")

    def good(self) -> int:
        """Return how many of the stored verdicts are good ones."""
        with self.app.app_context():
            wanted = select(func.count()).where(Check.state == State.OK)
            return db.session.scalar(wanted) or 0

    def _settle(self, done: Sequence[Done], at: datetime) -> None:
        settling.settle(done, at)
        self._settled += len(done)
        if self._settled == self._count:
            self._is_over.set()


def main(path: Path, how: str, rounds: int) -> None:
    field = json.loads(path.read_text())
    with TemporaryDirectory() as name:
        app = create_app(Settings(data_dir=Path(name)))
        with app.app_context():
            upgrade(db.engine)
            make(field)
        settle()
        work = Rounds(app, len(field["targets"]))
        with work.working():
            work.one()
            if how == "new":
                TRANSPORTS.close()
            began, used = time.monotonic(), time.process_time()
            for _ in range(rounds):
                work.one()
            seconds, cpu = time.monotonic() - began, time.process_time() - used
        good = work.good()
        TRANSPORTS.close()
        with app.app_context():
            db.engine.dispose()
    print(json.dumps({"n": good * rounds, "seconds": seconds, "cpu_seconds": cpu}))  # noqa: T201


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]))
