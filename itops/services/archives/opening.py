"""Opening a restored copy as the server would."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Engine, create_engine

from itops import sqlite
from itops.db import prepare


@contextmanager
def opened(url: str) -> Iterator[Engine]:
    """Yield an engine for a database; nothing of it stays open."""
    module = {"module": sqlite.module()} if url.startswith("sqlite") else {}
    engine = create_engine(url, **module)
    prepare(engine)
    try:
        yield engine
    finally:
        engine.dispose()


@contextmanager
def connected(url: str) -> Iterator[Connection]:
    """Yield a connection to a database."""
    with opened(url) as engine, engine.connect() as connection:
        yield connection
