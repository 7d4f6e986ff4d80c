"""What every command needs that works on the database: the app, the time, who acts."""

import getpass
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from itops import config, create_app
from itops.cli.listening import as_served
from itops.clock import utcnow
from itops.config import Settings
from itops.db import db
from itops.errors import Misconfigured
from itops.services.auditing import Actor
from itops.services.upgrading import current_revision, newest_revision


@dataclass(frozen=True)
class Opened:
    """An open installation: its settings, and the time and person of this command."""

    settings: Settings
    at: datetime
    by: Actor


@contextmanager
def opened(*, needs_schema: bool = True) -> Iterator[Opened]:
    """Open the installation that the settings name; the command commits.

    Beside a running server this is a second writer. On SQLite that is safe: each waits for the
    other's lock, and the library is one without the WAL-reset race (see itops.db).
    """
    settings = as_served(config.load())
    app = create_app(settings)
    with app.app_context():
        if needs_schema:
            check_schema()
        try:
            yield Opened(settings, utcnow(), Actor(None, f"itops ({user_name()})"))
        finally:
            db.session.remove()
            db.engine.dispose()


def user_name() -> str:
    """Return who runs this command, as the operating system knows them."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return str(os.getuid()) if hasattr(os, "getuid") else "?"


def check_schema() -> None:
    """Raise Misconfigured unless the database is this version's."""
    with db.engine.connect() as connection:
        current = current_revision(connection)
    if current != newest_revision():
        raise Misconfigured("cli.not_upgraded" if current else "cli.no_database")
