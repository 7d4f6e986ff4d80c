"""A worker on the chores of tests that kills itself.

Started as: python -m tests.faults.chore_worker FOLDER DATABASE_URL POINT

Works until it is stopped. At POINT it kills itself as a power cut would; "never" lets it live. It
prints "begins ID" when it carries out a chore, and "ready" when it has begun to look.
"""

import os
import signal
import sys
import time
from pathlib import Path

from sqlalchemy import event, insert

from itops import create_app
from itops.config import Settings
from itops.db import db
from itops.jobs.looking import Looking
from itops.jobs.worker import Worker
from itops.jobs.working import listeners
from tests.jobs.chores import Chores, Effect

POINTS = ("after_claim", "in_the_middle", "before_the_commit", "after_the_commit")


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


class Dying(Chores):
    """Chores that kill whoever works on them, at one point."""

    def __init__(self, point: str) -> None:
        self._point = point
        super().__init__(threads=8)

    def carry_out(self, task):
        self._die_at("after_claim")
        os.write(1, f"begins {task}\n".encode())  # one write: threads would mix their lines
        time.sleep(0.05)
        self._die_at("in_the_middle")
        return f"did {task}"

    def settle(self, done, at):
        super().settle(done, at)
        effects = [{"chore_id": each.row.id} for each in done]
        db.session.connection().execute(insert(Effect), effects)
        self._die_at("before_the_commit")
        if self._point == "after_the_commit":
            event.listen(db.session, "after_commit", lambda _session: die(), once=True)

    def _die_at(self, point: str) -> None:
        if point == self._point:
            die()


def main(folder: str, url: str, point: str) -> None:
    """Work on chores until stopped, or until the point is reached."""
    app = create_app(Settings(data_dir=Path(folder), database_url=url))
    worker = Worker(app)
    signal.signal(signal.SIGTERM, lambda *_: worker.stop.set())
    for listener in listeners(worker):
        listener.start()
    print("ready", flush=True)  # noqa: T201 - what the test reads
    Looking(worker, [Dying(point).queue]).run()


if __name__ == "__main__":
    main(*sys.argv[1:])
