"""The list of modules: worst first, with the departments that each serves."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, case, func, select
from sqlalchemy.orm import joinedload

from itops.checks.base import BOARD_ORDER, State
from itops.db import db
from itops.models import Dependency, DependencyKind, ModuleStateChange, SystemModule
from itops.models.health import Shown
from itops.services.modules.standing import module_states
from itops.services.search.parts import as_given, has_words, patterns, places

#: A county hospital runs some eighty modules; more than these are not listed on one page.
MOST = 400
#: A module that went down within so long is news.
NEW = timedelta(hours=24)


@dataclass(frozen=True)
class Line:
    """A module, how it is, and how many departments it serves."""

    module: SystemModule
    shown: Shown
    departments: int


def lines(
    within: ColumnElement[bool],
    *,
    state: State | None,
    is_in_use: bool,
    at: datetime,
    is_news: bool = False,
    typed: str = "",
) -> list[Line]:
    """Return the modules within reach, worst first, then by how critical they are. Four queries.

    `is_news` leaves those that went down of late, also if they are well again. What was searched
    for is found among those in use and the former ones alike.
    """
    shelf = matching(typed) if typed else SystemModule.is_in_use == is_in_use
    of_late = [went_down_since(at - NEW)] if is_news else []
    found = list(
        db.session.scalars(
            select(SystemModule)
            .where(within, shelf, *of_late)
            .options(joinedload(SystemModule.site), joinedload(SystemModule.owner))
            .order_by(SystemModule.code, SystemModule.id)
            .limit(MOST)
        ).unique()
    )
    keys = [module.id for module in found]
    shown, served = module_states(keys, at=at), _served(keys)
    made = [Line(one, shown[one.id], served.get(one.id, 0)) for one in found]
    kept = [line for line in made if state is None or line.shown.state is state]
    return sorted(kept, key=_urgency) if is_in_use else kept


def went_down_since(then: datetime) -> ColumnElement[bool]:
    """Return what is true of the modules that went down after `then`."""
    went_down = (ModuleStateChange.at > then, ModuleStateChange.new == State.CRITICAL)
    return SystemModule.id.in_(select(ModuleStateChange.module_id).where(*went_down))


def matching(typed: str) -> ColumnElement[bool]:
    """Return what is true of the modules that have all of these words in their names."""
    return _holds(patterns(typed))


def _holds(words: Sequence[Any]) -> ColumnElement[bool]:
    names = (SystemModule.code, SystemModule.name, SystemModule.name_en, SystemModule.vendor)
    return has_words(words, *names)


@lru_cache
def _matching(count: int) -> ColumnElement[bool]:
    return _holds(places(count))


def found(
    typed: str, *, within: ColumnElement[bool], at: datetime, many: int
) -> list[tuple[SystemModule, Shown]]:
    """Return the modules that a text finds with how they are: those in use first. Two queries."""
    is_it = case((func.lower(SystemModule.code) == typed.casefold(), 0), else_=1)
    order = (is_it, SystemModule.is_in_use.desc(), SystemModule.code, SystemModule.id)
    words = patterns(typed)
    wanted = select(SystemModule).where(within, _matching(len(words))).order_by(*order)
    modules = list(db.session.scalars(wanted.limit(many), as_given(words)))
    shown = module_states([one.id for one in modules], at=at) if modules else {}
    return [(one, shown[one.id]) for one in modules]


def _urgency(line: Line) -> tuple[int, int]:
    levels = list(type(line.module.criticality))
    return BOARD_ORDER.index(line.shown.state), levels.index(line.module.criticality)


def _served(keys: list[int]) -> dict[int, int]:
    rows = db.session.execute(
        select(Dependency.lower_module_id, func.count())
        .where(Dependency.kind == DependencyKind.SERVES, Dependency.lower_module_id.in_(keys))
        .group_by(Dependency.lower_module_id)
    )
    return {key: count for key, count in rows if key is not None}
