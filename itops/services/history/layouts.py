"""Orders of metric names, shared by all that is stored: a row or block holds numbers only."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from threading import Lock
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, Engine, RootTransaction, select
from sqlalchemy.dialects import postgresql, sqlite

from itops.models import MetricLayout


@dataclass
class _Known:
    """What this process knows of one database. Layouts never change and are never deleted."""

    ids: dict[tuple[str, ...], int] = field(default_factory=dict)
    names: dict[int, tuple[str, ...]] = field(default_factory=dict)


_known: WeakKeyDictionary[Engine, _Known] = WeakKeyDictionary()
#: Transactions that made layouts: what they made may yet be rolled back, so is not cached.
_makers: WeakKeyDictionary[RootTransaction, set[int]] = WeakKeyDictionary()
_lock = Lock()


def layout_for(connection: Connection, names: Sequence[str]) -> int:
    """Given names in their order, return the layout's id; it is made if there is none.

    The row is made in the caller's transaction. A known layout costs no query.
    """
    wanted = tuple(names)
    known = _known_of(connection.engine)
    found = known.ids.get(wanted)
    if found is not None:
        return found
    digest = hashlib.sha256(json.dumps(wanted).encode()).hexdigest()
    layout_id = connection.scalar(select(MetricLayout.id).where(MetricLayout.digest == digest))
    if layout_id is None:
        layout_id = _make(connection, digest, wanted)
    _remember(connection, known, layout_id, wanted)
    return layout_id


def names_of(connection: Connection, layout_id: int) -> tuple[str, ...]:
    """Given a layout's id, return its names in their order. Raise KeyError if there is none."""
    known = _known_of(connection.engine)
    names = known.names.get(layout_id)
    if names is None:
        stored = connection.scalar(select(MetricLayout.names).where(MetricLayout.id == layout_id))
        if stored is None:
            raise KeyError(layout_id)
        names = tuple(stored)
        _remember(connection, known, layout_id, names)
    return names


def forget(engine: Engine) -> None:
    """Drop what is cached of a database whose rows were replaced from outside (a restore)."""
    _known.pop(engine, None)


def _make(connection: Connection, digest: str, names: tuple[str, ...]) -> int:
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    row = insert(MetricLayout).values(digest=digest, names=list(names))
    # Somebody else may be making the same one right now; then theirs is ours.
    connection.execute(row.on_conflict_do_nothing(index_elements=["digest"]))
    made: int = connection.scalars(
        select(MetricLayout.id).where(MetricLayout.digest == digest)
    ).one()
    transaction = connection.get_transaction()
    if transaction is not None:
        _makers.setdefault(transaction, set()).add(made)
    return made


def _remember(
    connection: Connection, known: _Known, layout_id: int, names: tuple[str, ...]
) -> None:
    transaction = connection.get_transaction()
    if transaction is None or layout_id not in _makers.get(transaction, ()):
        known.ids[names] = layout_id
        known.names[layout_id] = names


def _known_of(engine: Engine) -> _Known:
    with _lock:
        return _known.setdefault(engine, _Known())
