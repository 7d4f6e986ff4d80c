"""Bending the audit log as somebody can who owns the database: by SQL, and with the guards gone."""

import random
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, bindparam, insert, select, text, update

from itops.models import AuditAnchor, AuditEntry, AuditHead
from itops.models.audit import GENESIS
from itops.models.audit_chain import FACTS, FORM, anchor_hash, canonical
from itops.models.hashes import Algorithm, digest_by
from itops.services.audit import guards, verifying

#: Columns and something else to write into them.
OTHER: Mapping[str, Callable[[random.Random], Any]] = {
    "at": lambda draw: f"2026-0{draw.randrange(1, 9)}-11 10:11:12.{draw.randrange(1, 999999):06}",
    "actor_id": lambda draw: draw.randrange(1000, 9999),
    "actor_name": lambda draw: f"张三{draw.random()}",
    "address": lambda draw: f"10.0.{draw.randrange(99)}.{draw.randrange(100, 200)}",
    "action": lambda draw: f"user.{draw.random()}",
    "subject_kind": lambda draw: f"kind{draw.randrange(999)}",
    "subject_id": lambda draw: draw.randrange(1000, 9999),
    "subject_name": lambda draw: f"name {draw.random()}",
    "before": lambda draw: f'{{"n": {draw.random()}}}',
    "after": lambda draw: draw.choice(["null", '{"n":1}', f'{{"n": {draw.random()}}}']),
    "result": lambda draw: "failed",
    "previous_hash": lambda draw: f"{draw.getrandbits(256):064x}",
    "hash": lambda draw: f"{draw.getrandbits(256):064x}",
    "algorithm": lambda draw: "",
}
#: What somebody changes who makes the hashes anew: to change those would be undone by it.
FACTS_ALONE = [column for column in OTHER if not column.endswith("hash")]
#: The function that the entry is not hashed by.
THE_OTHER_FUNCTION = "CASE algorithm WHEN 'sm3' THEN 'sha256' ELSE 'sm3' END"


def edit(connection: Connection, draw: random.Random, columns: Sequence[str] = tuple(OTHER)) -> int:
    """Change one column of one entry. Return which entry."""
    position, column = draw.choice(_positions(connection)), draw.choice(columns)
    kind = {"before": "json", "after": "json", "at": "timestamp"}.get(column)
    value = f"CAST(:value AS {kind})" if kind and _is_postgresql(connection) else ":value"
    value = THE_OTHER_FUNCTION if column == "algorithm" else value
    given = {} if column == "algorithm" else {"value": OTHER[column](draw)}
    statement = f"UPDATE audit_entry SET {column} = {value} WHERE id = :id"  # noqa: S608 - ours
    _do(connection, statement, id=position, **given)
    return position


def edit_and_chain(connection: Connection, draw: random.Random) -> None:
    """Change an entry and make all hashes from there on anew, the head's too."""
    position = edit(connection, draw, FACTS_ALONE)
    rechain(connection, position)


def delete(connection: Connection, draw: random.Random) -> None:
    """Delete some entries in the middle."""
    first = draw.choice(_positions(connection)[:-5])
    last = first + draw.randrange(5)
    _do(connection, "DELETE FROM audit_entry WHERE id BETWEEN :a AND :b", a=first, b=last)


def delete_and_close(connection: Connection, draw: random.Random) -> None:
    """Delete some entries, move the others up, and chain them anew."""
    delete(connection, draw)
    for new, old in enumerate(_positions(connection), start=1):
        _do(connection, "UPDATE audit_entry SET id = :new WHERE id = :old", new=new, old=old)
    rechain(connection, 1)


def put_in(connection: Connection, draw: random.Random) -> None:
    """Put an entry between two others, chained to the one before, and move the rest down."""
    positions = _positions(connection)
    place = draw.choice(positions)
    for old in reversed([one for one in positions if one >= place]):
        _do(connection, "UPDATE audit_entry SET id = :new WHERE id = :old", new=old + 1, old=old)
    columns = [column.key for column in AuditEntry.__table__.columns if column.key != "id"]
    names = ", ".join(columns)
    made = f"INSERT INTO audit_entry (id, {names}) SELECT :id, {names} FROM audit_entry"  # noqa: S608 - ours
    _do(connection, f"{made} WHERE id = :model", id=place, model=place + 1)
    _do(connection, "UPDATE audit_entry SET actor_name = 'x' WHERE id = :id", id=place)
    rechain(connection, place, until=place if draw.random() < 0.5 else None)


def swap(connection: Connection, draw: random.Random) -> None:
    """Let two entries change places, with all that stands in them or with the numbers alone."""
    one, other = draw.sample(_positions(connection), 2)
    for old, new in ((one, -1), (other, one), (-1, other)):
        _do(connection, "UPDATE audit_entry SET id = :new WHERE id = :old", new=new, old=old)
    if draw.random() < 0.5:
        rechain(connection, min(one, other))


def truncate(connection: Connection, draw: random.Random) -> None:
    """Cut off the end, and set the head back."""
    last = draw.choice(_positions(connection)[:-1])
    _do(connection, "DELETE FROM audit_entry WHERE id > :last", last=last)
    _end_at_the_last(connection)


def behead(connection: Connection, draw: random.Random) -> None:
    """Cut off the beginning, behind an anchor that is right in itself."""
    last = draw.choice(_positions(connection)[:-1])
    row = connection.execute(select(AuditEntry.hash, AuditEntry.at).where(AuditEntry.id == last))
    found = row.one()
    anchor = AuditAnchor(
        position=last,
        hash=found.hash,
        at=found.at,
        algorithm=connection.scalar(select(AuditHead.algorithm)),
        previous_hash=GENESIS,
    )
    values = {
        key: getattr(anchor, key)
        for key in ("position", "hash", "at", "algorithm", "previous_hash")
    }
    connection.execute(insert(AuditAnchor).values(**values, own_hash=anchor_hash(anchor)))
    _do(connection, "DELETE FROM audit_entry WHERE id <= :last", last=last)


WAYS = (edit, edit_and_chain, delete, delete_and_close, put_in, swap, truncate, behead)


def bend(connection: Connection, draw: random.Random) -> str:
    """Bend the log in one way. Return which."""
    guards.lift(connection)
    way = draw.choice(WAYS)
    way(connection, draw)
    return way.__name__


def rechain(connection: Connection, first: int, until: int | None = None) -> None:
    """Make the hashes from an entry on anew, as somebody who has read our code."""
    before = connection.scalar(
        select(AuditEntry.hash).where(AuditEntry.id < first).order_by(AuditEntry.id.desc()).limit(1)
    )
    previous = before or GENESIS
    rows = [list(row) for row in verifying.rows(connection, first - 1)]
    changes = []
    for row in rows:
        if until is not None and row[0] > until:
            break
        row[FACTS.index("previous_hash")] = previous
        algorithm = Algorithm(row[FACTS.index("algorithm")])
        own = digest_by(algorithm)(canonical(FORM, row[:-1]))
        changes.append({"key": row[0], "previous": previous, "own": own})
        previous = own
    made_anew = update(AuditEntry).where(AuditEntry.id == bindparam("key"))
    values: dict[str, Any] = {"previous_hash": bindparam("previous"), "hash": bindparam("own")}
    connection.execute(made_anew.values(values), changes)
    _end_at_the_last(connection)


def _end_at_the_last(connection: Connection) -> None:
    end = select(AuditEntry.id, AuditEntry.hash).order_by(AuditEntry.id.desc()).limit(1)
    last = connection.execute(end).one()
    _do(connection, "UPDATE audit_head SET position = :p, hash = :h", p=last.id, h=last.hash)


def _positions(connection: Connection) -> list[int]:
    return list(connection.scalars(select(AuditEntry.id).order_by(AuditEntry.id)))


def _do(connection: Connection, statement: str, **values: Any) -> None:
    connection.execute(text(statement), values)


def _is_postgresql(connection: Connection) -> bool:
    return connection.dialect.name == "postgresql"
