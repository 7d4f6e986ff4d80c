"""Counts what is asked of the database, to prove that a page asks no more for more rows."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import event

from itops.db import db


@contextmanager
def counted() -> Iterator[list[str]]:
    """Collect the statements that are sent to the database in this block."""
    statements: list[str] = []

    def collect(*args: object) -> None:
        statements.append(str(args[2]))

    event.listen(db.engine, "before_cursor_execute", collect)
    try:
        yield statements
    finally:
        event.remove(db.engine, "before_cursor_execute", collect)
