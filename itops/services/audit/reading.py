"""Reading the whole log as it stands at one moment, however long that takes."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from sqlalchemy import Connection

from itops.db import db, reading
from itops.services.audit import verifying
from itops.services.audit.seals import Seal
from itops.services.audit.verifying import Tell, Verdict


@contextmanager
def snapshot() -> Iterator[Connection]:
    """Yield a connection that sees the log of one moment and holds up nobody."""
    is_sqlite = db.engine.dialect.name == "sqlite"
    with reading(), db.engine.connect() as connection:
        if not is_sqlite:
            connection = connection.execution_options(  # noqa: PLW2901 - the same, told how
                isolation_level="REPEATABLE READ", postgresql_readonly=True
            )
        yield connection


def verify_all(seals: Sequence[Seal], tell: Tell = lambda _done: None) -> Verdict:
    """Verify the log as it is now against these seals."""
    with snapshot() as connection:
        return verifying.verify(connection, seals, tell)
