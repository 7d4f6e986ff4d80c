"""The list of checks, a page at a time, worst first."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, or_, select, tuple_
from sqlalchemy.orm import joinedload

from itops.db import db
from itops.models import Asset, Check
from itops.services.checking.standing import Standing, standing

PAGE_SIZE = 50


@dataclass(frozen=True)
class Asked:
    """What a reader wants to see."""

    standing: Standing | None = None
    kind: str = ""
    text: str = ""
    asset_id: int | None = None
    module_id: int | None = None
    #: The page begins after this check; 0 is the first page.
    after: int = 0

    @property
    def is_narrowed(self) -> bool:
        return self != Asked(after=self.after)


@dataclass(frozen=True)
class Line:
    """A check in a list."""

    check: Check
    standing: Standing


@dataclass(frozen=True)
class Page:
    """A page of the list; `next_after` is where the next one begins, 0 if this is the last."""

    lines: Sequence[Line]
    next_after: int


def page(asked: Asked, within: ColumnElement[bool], *, at: datetime) -> Page:
    """Return a page of the checks within reach. Two queries, three behind the first page."""
    where = standing(at)
    key = (where, Check.name, Check.id)
    statement = select(Check.id, where).where(within, *_conditions(asked, where))
    if asked.after:
        # Of a check out of reach not even the state is told: the list begins anew.
        last = db.session.execute(select(*key).where(Check.id == asked.after, within)).first()
        if last is not None:
            statement = statement.where(tuple_(*key) > tuple_(*last))
    rows = db.session.execute(statement.order_by(*key).limit(PAGE_SIZE + 1)).all()
    more = rows[PAGE_SIZE - 1][0] if len(rows) > PAGE_SIZE else 0
    return Page(_lines([(row[0], Standing(row[1])) for row in rows[:PAGE_SIZE]]), more)


def _conditions(asked: Asked, where: ColumnElement[int]) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if asked.standing is not None:
        found.append(where == int(asked.standing))
    if asked.kind:
        found.append(Check.kind == asked.kind)
    if asked.asset_id is not None:
        found.append(Check.asset_id == asked.asset_id)
    if asked.module_id is not None:
        found.append(Check.module_id == asked.module_id)
    if asked.text:
        tags = select(Asset.id).where(
            or_(
                Asset.tag.icontains(asked.text, autoescape=True),
                Asset.name.icontains(asked.text, autoescape=True),
            )
        )
        columns = (Check.name, Check.name_en, Check.address)
        words = (column.icontains(asked.text, autoescape=True) for column in columns)
        found.append(or_(*words, Check.asset_id.in_(tags)))
    return found


def _lines(numbers: Sequence[tuple[int, Standing]]) -> list[Line]:
    found = {
        check.id: check
        for check in db.session.scalars(
            select(Check)
            .where(Check.id.in_([number for number, _ in numbers]))
            .options(joinedload(Check.asset), joinedload(Check.module), joinedload(Check.site))
        )
    }
    return [Line(found[number], place) for number, place in numbers]
