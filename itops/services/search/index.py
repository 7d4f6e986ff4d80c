"""The index of words beside the tables of assets and hosts: made, asked, and written to.

SQLite keeps it in FTS5, PostgreSQL in a tsvector with a GIN index; both hold the same words.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    ARRAY,
    BindParameter,
    ColumnElement,
    Connection,
    Integer,
    Select,
    Text,
    bindparam,
    cast,
    column,
    delete,
    func,
    insert,
    select,
    table,
    text,
)
from sqlalchemy.dialects.postgresql import TSQUERY


class Kind(StrEnum):
    """What can be found; the value is the name of its index."""

    ASSET = "asset_words"
    HOST = "host_words"
    TICKET = "ticket_words"


SQLITE = (
    (
        "CREATE VIRTUAL TABLE IF NOT EXISTS {name} USING fts5(words, content='',"
        " contentless_delete=1, detail=none, prefix='2 3 4',"
        " tokenize=\"ascii tokenchars '._:-='\")"
    ),
)
#: What stands between words for that tokenizer: no word holds it, and two words in one are refused.
APART = re.compile(r"[^0-9A-Za-z._:=\-\x80-\U0010ffff]")
POSTGRESQL = (
    "CREATE TABLE IF NOT EXISTS {name} (id integer PRIMARY KEY, words tsvector NOT NULL)",
    "CREATE INDEX IF NOT EXISTS ix_{name}_words ON {name} USING gin (words)",
)
#: A group of words of which one must be there; a `*` at its end lets a word go on.
Group = Sequence[str]


def settle(connection: Connection) -> None:
    """Make the indexes that are not there yet."""
    statements = SQLITE if connection.dialect.name == "sqlite" else POSTGRESQL
    for kind in Kind:
        for statement in statements:
            connection.execute(text(statement.format(name=kind.value)))


def belongs_to_an_index(name: str | None) -> bool:
    """Whether a table is one of an index's own, which no model stands for."""
    return name is not None and name.startswith(tuple(Kind))


def write(connection: Connection, kind: Kind, words: Mapping[int, Iterable[str]]) -> None:
    """Put these words in place of what the index held for these ids; no words: forget them."""
    forget(connection, kind, words)
    found = {key: sorted(each) for key, each in words.items() if each}
    if not found:
        return
    target = table(kind.value, column(_key(connection)), column("words"))
    if connection.dialect.name == "sqlite":
        statement = insert(target).values(rowid=bindparam("key"), words=bindparam("words"))
        rows = [{"key": key, "words": " ".join(each)} for key, each in found.items()]
        connection.execute(statement, rows)
    else:
        vector = func.array_to_tsvector(cast(bindparam("words"), ARRAY(Text)))
        statement = insert(target).values(id=bindparam("key"), words=vector)
        connection.execute(statement, [{"key": key, "words": each} for key, each in found.items()])


def forget(connection: Connection, kind: Kind, keys: Iterable[int]) -> None:
    """Take these ids out of the index."""
    name = _key(connection)
    statement = delete(table(kind.value, column(name))).where(column(name) == bindparam("key"))
    given = [{"key": key} for key in keys]
    if given:
        connection.execute(statement, given)


def clear(connection: Connection) -> None:
    """Empty the indexes."""
    for kind in Kind:
        connection.execute(delete(table(kind.value)))


def matching(
    dialect: str,
    kind: Kind,
    groups: Sequence[Group],
    limit: int | None,
    among: Select[int] | None = None,
) -> Select[tuple[int]]:
    """Return a select of the ids that hold a word of every group, newest first; of `among` only."""
    statement, key = _newest(dialect, kind)
    if among is not None:
        statement = statement.where(key.in_(among))
    return statement.params(asked=asked(dialect, groups)).limit(limit)


def asked(dialect: str, groups: Sequence[Group]) -> str:
    """Return what an index is asked for, in its own language."""
    return _for_fts5(groups) if dialect == "sqlite" else _for_tsquery(groups)


@lru_cache
def newest(dialect: str, kind: Kind) -> Select[Any]:
    """Return the select of ids with parameters for what is `asked` and how `many`.

    Built once, which takes longer than asking it.
    """
    return _newest(dialect, kind)[0].limit(bindparam("many", type_=Integer))


def _newest(dialect: str, kind: Kind) -> tuple[Select[tuple[int]], ColumnElement[int]]:
    wanted: BindParameter[str] = bindparam("asked", type_=Text)
    if dialect == "sqlite":
        source = table(kind.value, column("rowid"), column(kind.value))
        key, found = source.c.rowid, source.c[kind.value].match(wanted)
    else:
        source = table(kind.value, column("id"), column("words"))
        key, found = source.c.id, source.c.words.op("@@")(cast(wanted, TSQUERY))
    return select(key).where(found).order_by(key.desc()), key


def _key(connection: Connection) -> str:
    return "rowid" if connection.dialect.name == "sqlite" else "id"


def _for_fts5(groups: Sequence[Group]) -> str:
    def word(form: str) -> str:
        quoted = '"' + APART.sub("=", form.removesuffix("*")) + '"'
        return f"{quoted} *" if form.endswith("*") else quoted

    return " AND ".join(f"({' OR '.join(map(word, group))})" for group in groups)


def _for_tsquery(groups: Sequence[Group]) -> str:
    def word(form: str) -> str:
        inside = form.removesuffix("*").replace("\\", "\\\\").replace("'", "''")
        return f"'{inside}':*" if form.endswith("*") else f"'{inside}'"

    return " & ".join(f"({' | '.join(map(word, group))})" for group in groups)
