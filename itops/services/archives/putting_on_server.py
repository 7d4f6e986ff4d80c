"""Putting an archive in place on a PostgreSQL server: made ready beside, then renamed at once."""

from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

from psycopg import sql
from sqlalchemy import make_url

from itops.errors import Refused
from itops.remote.backups import own_database
from itops.services.archives import archive, counting, proving, putting_back
from itops.services.archives.manifest import Manifest
from itops.services.archives.putting_back import PutBack, Tell

#: Where orders are given that concern other databases.
MAINTENANCE = "postgres"
DROP = sql.SQL("DROP DATABASE IF EXISTS {}")
CREATE = sql.SQL("CREATE DATABASE {} TEMPLATE template0")
#: PostgreSQL cuts off what is longer without a word: the draft would be the live database itself.
NAME_BYTES = 63


def into_server(path: Path, url: str, *, replaces: bool, at: datetime, tell: Tell) -> PutBack:
    """Put an archive in place as a PostgreSQL database: beside the old one, then renamed at once.

    The account must be allowed to make databases, and nobody may be connected to the old one.
    """
    about, name = putting_back.look(path, "postgresql"), str(make_url(url).database)
    aside, draft = _aside(url, name, replaces=replaces, at=at), _called(name, "_restoring")
    there = make_url(url).set(database=draft).render_as_string(hide_password=False)
    _order(url, DROP, draft)
    _order(url, CREATE, draft)
    try:
        _load(path, there, about, tell)
        tell("upgrade", 0, 1)
        is_at = putting_back.upgraded(there, about)
        tell("exchange", 0, 1)
        _exchange(url, name, draft, aside)
    finally:
        _order(url, DROP, draft)
    return PutBack(about, aside, is_at)


def _load(path: Path, url: str, about: Manifest, tell: Tell) -> None:
    """Fill an empty database from an archive, and count it beside its manifest."""
    with TemporaryDirectory(prefix=".itops-", dir=path.parent) as folder:
        dump = Path(folder) / "dump"
        archive.unpack(path, archive.DATABASE, dump, lambda *how: tell("unpack", *how))
        own_database.load_postgresql(url, dump)
    tell("check", 0, 1)
    with own_database.connected(url) as copy:
        counted = counting.postgresql(lambda asked: copy.execute(asked.encode()).fetchall())
    proving.refuse_differing(about, counted)


def _aside(url: str, name: str, *, replaces: bool, at: datetime) -> str | None:
    """Return how the database that is there will be called; None if there is none."""
    is_there, is_empty = _standing(url, name)
    if is_there and not is_empty and not replaces:
        raise Refused("archive.there_is_one", place=name)
    return _free(url, name, f"_before_{at.astimezone(UTC):%Y%m%d%H%M%S}") if is_there else None


def _free(url: str, name: str, ending: str) -> str:
    """Return a name that no database has yet: two may be put aside in one second."""
    numbered = (_called(name, ending if n == 1 else f"{ending}_{n}") for n in count(1))
    return next(one for one in numbered if not _is_there(url, one))


def _called(name: str, ending: str) -> str:
    """Return the name of a database that belongs to another one."""
    room = NAME_BYTES - len(ending)
    return f"{name.encode()[:room].decode(errors='ignore')}{ending}"


def _standing(url: str, name: str) -> tuple[bool, bool]:
    """Return whether there is a database of this name, and whether it holds no table."""
    if not _is_there(url, name):
        return False, True
    with own_database.connected(url) as database:
        counted = "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"
        return True, database.execute(counted).fetchone()[0] == 0


def _is_there(url: str, name: str) -> bool:
    with own_database.connected(url, database=MAINTENANCE) as server:
        asked = "SELECT 1 FROM pg_database WHERE datname = %s"
        return server.execute(asked, (name,)).fetchone() is not None


def _order(url: str, order: sql.SQL, name: str) -> None:
    with own_database.connected(url, database=MAINTENANCE, autocommit=True) as server:
        server.execute(order.format(sql.Identifier(name)))


def _exchange(url: str, name: str, draft: str, aside: str | None) -> None:
    """Give the new database its name, and the old one another, in one transaction."""
    rename = sql.SQL("ALTER DATABASE {} RENAME TO {}")
    moves = [(name, aside), (draft, name)] if aside else [(draft, name)]
    with own_database.connected(url, database=MAINTENANCE) as server:
        for old, new in moves:
            server.execute(rename.format(sql.Identifier(old), sql.Identifier(new)))
