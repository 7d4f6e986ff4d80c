"""Lines of the log on their way out: a reader that stops reading never stops who writes.

A terminal that is held (Ctrl-S), a pipe whose reader hangs: with a handler that writes by itself,
every thread that logs would wait for it, and the pages with them.
"""

import atexit
import logging
import queue
import sys
import threading
from typing import TextIO

#: Lines that wait for their reader; what comes on top is counted instead of kept.
MOST_WAITING = 10_000
#: How long the end of a process waits for its last lines to be read.
LAST_SECONDS = 2.0


class PatientHandler(logging.Handler):
    """Formats where it is called, and writes in a thread of its own."""

    def __init__(self, stream: TextIO | None = None, *, most_waiting: int = MOST_WAITING) -> None:
        super().__init__()
        self._stream = stream or sys.stderr
        self._lines: queue.Queue[str] = queue.Queue(most_waiting)
        self._lost = 0
        threading.Thread(target=self._write, name="log", daemon=True).start()
        atexit.register(self.wait_until_read, LAST_SECONDS)

    def emit(self, record: logging.LogRecord) -> None:
        """Take a line; count it if there is no room."""
        try:
            self._lines.put_nowait(self.format(record))
        except queue.Full:
            self._lost += 1  # under the handler's lock, as all of this is
        except Exception:  # noqa: BLE001 - as logging's own handlers: what logs must not fail by it
            self.handleError(record)

    def wait_until_read(self, seconds: float) -> bool:
        """Wait until every line is written; return whether that came in time."""
        with self._lines.all_tasks_done:
            return self._lines.all_tasks_done.wait_for(
                lambda: not self._lines.unfinished_tasks, timeout=seconds
            )

    def _write(self) -> None:
        while True:
            line = self._lines.get()
            try:
                self._stream.write("".join(f"{one}\n" for one in (*self._told_lost(), line)))
                self._stream.flush()
            except (OSError, ValueError):  # nobody reads any more, or the stream is closed
                pass
            finally:
                self._lines.task_done()

    def _told_lost(self) -> tuple[str, ...]:
        with self.lock or threading.RLock():
            lost, self._lost = self._lost, 0
        if not lost:
            return ()
        told = {"name": "itops.log", "levelno": logging.WARNING, "levelname": "WARNING"}
        record = {"msg": "lines lost: nobody read the log in time", "lines": lost}
        return (self.format(logging.makeLogRecord(told | record)),)
