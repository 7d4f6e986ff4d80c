"""The story's own installation: a real `itops run` on a throw-away folder and a free port."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from time import sleep
from typing import TypeVar

from flask import Flask

from itops import config, create_app
from itops.cli.story.programs import Process, free_port
from itops.cli.worker_process import wait_until_answers
from itops.clock import monotonic
from itops.db import db, reading
from itops.errors import Message, Refused

T = TypeVar("T")
START_SECONDS = 90.0
PAUSE_SECONDS = 0.2


@dataclass
class Installation:
    """The server's process, and an app of ours on the same database, as `itops` commands have."""

    folder: Path
    dumps: Path
    hospital: str
    port: int = field(default_factory=free_port)
    process: Process | None = None
    app: Flask | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def variables(self) -> dict[str, str]:
        return {
            "ITOPS_DATA_DIR": str(self.folder),
            "ITOPS_PORT": str(self.port),
            "ITOPS_HOST": "127.0.0.1",
            "ITOPS_PUBLIC_URL": self.url,
            "ITOPS_HOSPITAL": self.hospital,
            "ITOPS_MESSAGES_TO_OWN_MACHINE": "true",
            "ITOPS_BACKUP_DIRS": str(self.dumps),
            "ITOPS_RESTORE_HERE": "true",
            "ITOPS_RESTORE_DIR": str(self.folder.parent / "restore"),
            "ITOPS_DATABASE_URL": "",
        }

    def start(self) -> None:
        """Serve, and open the same installation here."""
        self.folder.mkdir(mode=0o700)
        command = [sys.executable, "-m", "itops", "run"]
        log = self.folder.parent / "server.log"
        variables = {**self.variables, "PYTHONPATH": ":".join(filter(None, sys.path))}
        process = self.process = Process(command, log, variables).start()
        answers = wait_until_answers(
            self.url,
            seconds=START_SECONDS,
            given_up=lambda: process.running is None or process.running.poll() is not None,
        )
        if not answers:
            said = log.read_text("utf-8", "replace").strip().splitlines()[-1:]
            raise Refused("story.not_started", name="itops run", said="".join(said))
        self.app = create_app(config.load(self.variables))
        self.app.app_context().push()

    def stop(self) -> None:
        if self.app is not None:
            db.session.remove()
            db.engine.dispose()
        if self.process:
            self.process.stop()


@contextmanager
def acting() -> Iterator[None]:
    """Do what a person does: all of it in one transaction, or nothing."""
    try:
        yield
        db.session.commit()
    except BaseException:
        db.session.rollback()
        raise


def wait_for(look: Callable[[], T | None], what: str, *, seconds: float = 60) -> T:
    """Return what `look` finds, once it finds something. Raise Refused if that takes too long."""
    until = monotonic() + seconds
    while monotonic() < until:
        db.session.rollback()
        with reading():
            found = look()
            db.session.rollback()
        if found:
            return found
        sleep(PAUSE_SECONDS)
    raise Refused("story.waited", what=Message(f"story.wait.{what}"), n=int(seconds))
