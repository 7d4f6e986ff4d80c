"""Counting a database: the rows of every table, and where its audit log ends.

The same questions are asked of the database in the moment of the copy, and of the copy restored.
"""

from collections.abc import Callable, Sequence
from typing import Any

from itops.services.archives.manifest import Counted

#: Tables of facts: not SQLite's own, nor those that its search keeps behind a virtual one.
SQLITE_TABLES = (
    "SELECT name FROM pragma_table_list"
    " WHERE schema = 'main' AND type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"
    " ORDER BY name"
)
POSTGRESQL_TABLES = (
    "SELECT tablename FROM pg_catalog.pg_tables WHERE schemaname = 'public' ORDER BY tablename"
)
SQLITE_COLUMNS = "SELECT name FROM pragma_table_info('audit_entry')"
POSTGRESQL_COLUMNS = (
    "SELECT column_name FROM information_schema.columns"
    " WHERE table_schema = 'public' AND table_name = 'audit_entry'"
)
AUDIT = "audit_entry"
#: The column that holds an entry's link, where the log is a chain.
LINKS = ("link", "chain_hash", "entry_hash", "hash", "digest")

Ask = Callable[[str], Sequence[Sequence[Any]]]


def sqlite(ask: Ask) -> Counted:
    """Count an SQLite database, given a function that answers a statement with rows."""
    return _counted(ask, SQLITE_TABLES, SQLITE_COLUMNS)


def postgresql(ask: Ask) -> Counted:
    """Count a PostgreSQL database, given a function that answers a statement with rows."""
    return _counted(ask, POSTGRESQL_TABLES, POSTGRESQL_COLUMNS)


def differing(then: Counted, now: Counted) -> str | None:
    """Return the first table of which a copy holds other than it should, if there is one."""
    for table in sorted({*then.rows, *now.rows}):
        if then.rows.get(table) != now.rows.get(table):
            return table
    is_same = (then.audit_last, then.audit_head) == (now.audit_last, now.audit_head)
    return None if is_same else AUDIT


def _counted(ask: Ask, tables: str, columns: str) -> Counted:
    names = [str(row[0]) for row in ask(tables)]
    rows = {name: int(ask(f"SELECT count(*) FROM {_quoted(name)}")[0][0]) for name in names}  # noqa: S608 - quoted
    if not rows.get(AUDIT):
        return Counted(rows=rows)
    there = {str(row[0]) for row in ask(columns)}
    link = next((name for name in LINKS if name in there), None)
    last, head = ask(
        f"SELECT id, {link or 'NULL'} FROM {AUDIT} ORDER BY id DESC LIMIT 1"  # noqa: S608 - of LINKS
    )[0]
    return Counted(rows=rows, audit_last=int(last), audit_head=_text(head))


def _text(value: Any) -> str | None:
    if value is None:
        return None
    return bytes(value).hex() if isinstance(value, bytes | memoryview) else str(value)


def _quoted(name: str) -> str:
    return '"{}"'.format(name.replace('"', '""'))
