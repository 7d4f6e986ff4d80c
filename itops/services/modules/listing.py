"""The list of modules: worst first, with the departments that each serves."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import joinedload

from itops.checks.base import BOARD_ORDER, State
from itops.db import db
from itops.models import Dependency, DependencyKind, ModuleStateChange, SystemModule
from itops.models.health import Shown
from itops.services.modules.standing import module_states

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
) -> list[Line]:
    """Return the modules within reach, worst first, then by how critical they are. Four queries.

    `is_news` leaves those that went down of late, also if they are well again.
    """
    of_late = [went_down_since(at - NEW)] if is_news else []
    found = list(
        db.session.scalars(
            select(SystemModule)
            .where(within, SystemModule.is_in_use == is_in_use, *of_late)
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
