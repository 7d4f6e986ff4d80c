"""One thread looks at all queues of due rows, claims what is due, and keeps what is in work."""

import logging
import threading
from collections.abc import Callable, Iterable
from datetime import datetime
from functools import partial

from itops.clock import monotonic
from itops.db import db
from itops.jobs.queue_work import QueueWork
from itops.jobs.settling import Settling
from itops.jobs.worker import Worker
from itops.services.background.duties import DUTIES
from itops.services.engine import duty_rows, job_rows, waking
from itops.services.engine.due_rows import DueQueue

log = logging.getLogger(__name__)

#: How often the rows are looked at while nothing is due, and how long after a failure.
LOOK_SECONDS, AFTER_FAILURE_SECONDS = 1.0, 5.0
#: What is in work when the worker is told to stop has this long to end.
GRACE_SECONDS = 10.0


class Looking:
    """The loop over all queues, which is also the worker's heart and watches its clock."""

    def __init__(self, worker: Worker, queues: Iterable[DueQueue]) -> None:
        self._worker = worker
        self._wake = threading.Event()
        self._settling = Settling(worker, after=self._after_settling)
        self.works = [QueueWork(worker, queue, self._settling) for queue in queues]
        self._kept_at = monotonic()

    def run(self) -> None:
        """Work until told to stop; then end what is in work, and give back the rest."""
        writer = threading.Thread(target=self._settling.run, name="settling")
        writer.start()
        with waking.woken(self._wake):
            while not self._worker.stop.is_set():
                self._wake.clear()
                self._wake.wait(self._round())
        until = monotonic() + GRACE_SECONDS
        for work in self.works:
            work.close(until=until)
        self._settling.close()
        writer.join()
        for work in self.works:
            self._carefully(work, work.give_back)

    def _round(self) -> float:
        """Look at every queue once; return for how many seconds there is nothing to do."""
        at = self._worker.now()
        jump = self._worker.jump(at)
        if jump or monotonic() - self._kept_at >= self._worker.heartbeat_seconds:
            self._keep_all(at)
        if jump < 0:
            self._set_back(at)
        also_lapsed = self._worker.takes_over
        more = [
            self._carefully(work, partial(work.look, at, also_lapsed=also_lapsed))
            for work in self.works
        ]
        return 0.0 if any(more) else LOOK_SECONDS

    def _carefully(self, work: QueueWork, act: Callable[[], bool | None]) -> bool | None:
        """Act for one queue; if that fails, leave it alone for a while: the others go on."""
        if monotonic() < work.rests_until:
            return False
        try:
            with self._worker.app.app_context():
                return act()
        except Exception:  # a failure of one queue must not end all others
            log.exception("queue %s: looking for due work failed", work.queue.name)
            work.rests_until = monotonic() + AFTER_FAILURE_SECONDS
            return False

    def _keep_all(self, at: datetime) -> None:
        self._kept_at = monotonic()
        for work in self.works:
            self._carefully(work, partial(work.keep, at))
        self._worker.keep_all(at)

    def _set_back(self, at: datetime) -> None:
        """Let nothing wait for what was ahead before the clock was put back."""
        for work in self.works:
            self._carefully(work, partial(work.set_back, at))
        with self._worker.app.app_context():
            duty_rows.set_back(DUTIES, at=at)
            job_rows.set_back(at=at)
            db.session.commit()

    def _after_settling(self) -> None:
        """Look again at once where a queue was full."""
        if any(work.is_full for work in self.works):
            self._wake.set()
