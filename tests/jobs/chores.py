"""A table of due rows that only tests have, and a queue of them."""

from collections import Counter
from datetime import datetime, timedelta
from threading import Lock
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, registry

from itops.db import Base, db, reading
from itops.models.due import Due
from itops.services.engine.due_rows import DueQueue

DAY = timedelta(days=1)


class Apart(DeclarativeBase):
    """A base whose tables are not the product's."""

    registry = registry(type_annotation_map=Base.registry.type_annotation_map)


class Chore(Due, Apart):
    __tablename__ = "chore"

    id: Mapped[int] = mapped_column(primary_key=True)
    done: Mapped[int] = mapped_column(default=0)
    note: Mapped[str] = mapped_column(default="")


class Effect(Apart):
    """What a chore did to the world: one row each time."""

    __tablename__ = "effect"

    id: Mapped[int] = mapped_column(primary_key=True)
    chore_id: Mapped[int]


class Chores:
    """What happened to the chores of one test, and the queue that does them."""

    def __init__(self, **given: Any) -> None:
        self.begun: Counter[int] = Counter()
        self.groups: list[int] = []
        self._lock = Lock()
        self.queue = DueQueue(
            name="chores",
            model=Chore,
            load=given.pop("load", lambda rows, at: {row.id: row.id for row in rows}),
            carry_out=given.pop("carry_out", self.carry_out),
            settle=given.pop("settle", self.settle),
            **given,
        )

    def carry_out(self, task: int) -> str:
        with self._lock:
            self.begun[task] += 1
        return f"did {task}"

    def settle(self, done, at):
        self.groups.append(len(done))
        for each in done:
            note = repr(each.error) if each.error else each.result
            values = {"done": Chore.done + 1, "note": note, "due_at": at + DAY}
            change = update(Chore).where(Chore.id == each.row.id).values(**values)
            db.session.connection().execute(change)


def make(count: int, *, due_at: datetime | None) -> None:
    """Make the table, and so many chores that are due."""
    Apart.metadata.create_all(db.session.connection())
    if count:
        rows = [{"due_at": due_at, "starts": 0, "done": 0, "note": ""} for _ in range(count)]
        db.session.connection().execute(insert(Chore), rows)
    db.session.commit()


def rows() -> list[Chore]:
    """Return all chores as they are now."""
    db.session.rollback()
    statement = select(Chore).order_by(Chore.id).execution_options(populate_existing=True)
    with reading():
        found = list(db.session.scalars(statement))
        db.session.expunge_all()  # they would be read again, in a transaction that nobody ends
        db.session.rollback()
    return found
