"""Where each host stands on a board at a moment: the shown state, told apart in the database."""

from dataclasses import dataclass
from datetime import datetime, time
from enum import IntEnum
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import (
    CTE,
    BindParameter,
    Boolean,
    ColumnElement,
    Select,
    and_,
    bindparam,
    case,
    func,
    or_,
    select,
)

from itops.checks.base import State
from itops.db import UtcDateTime, db
from itops.models import Asset, AssetType, Enrolment, Host, HostState

#: When a machine that is not always on is expected to be heard: weekdays, in the hospital's zone.
WORKING_TIME = (time(8, 0), time(18, 0))
SATURDAY = 5


class Standing(IntEnum):
    """A host's place in lists, worst first. QUIET is unknown too, but nothing to run for."""

    CRITICAL = 0
    UNKNOWN = 1
    WARNING = 2
    #: Switched off with a farewell, or silent when nobody expects to hear it.
    QUIET = 3
    OK = 4

    @property
    def state(self) -> State:
        """The shown state."""
        return _STATES[self]


_STATES = {
    Standing.CRITICAL: State.CRITICAL,
    Standing.UNKNOWN: State.UNKNOWN,
    Standing.WARNING: State.WARNING,
    Standing.QUIET: State.UNKNOWN,
    Standing.OK: State.OK,
}

#: What decides over a host's standing, from an index alone; the rows themselves are long.
READ = select(HostState.host_id, HostState.state, HostState.stale_at, HostState.farewell_at)
#: Asked for in the same query: a list of parameters is written into the statement each time.
ALWAYS_ON = select(AssetType.key).where(AssetType.is_always_on)
#: What a watch gives to the statements below, which are built once: that takes longer than asking.
AT = bindparam("at", type_=UtcDateTime())
IS_WORKING_TIME = bindparam("is_working_time", type_=Boolean())


def is_silent(row: Any, at: datetime | BindParameter[datetime]) -> ColumnElement[bool]:
    """Return whether a host was heard once and stopped without a farewell; `row` has its state."""
    found: ColumnElement[bool] = and_(row.stale_at <= at, row.farewell_at.is_(None))
    return found


@cache
def is_live() -> ColumnElement[bool]:
    """Return what holds of hosts that count: approved, and not another one's former identity.

    It is written so that no index answers it: nearly all hosts do count, and SQLite would look
    them up one by one in an index instead of walking through them.
    """
    return and_(
        Host.enrolment.not_in([Enrolment.PENDING, Enrolment.REVOKED]),
        func.coalesce(Host.merged_into_id, 0) == 0,
    )


def standing_of(hot: CTE) -> ColumnElement[int]:
    """Return the expression of a host's Standing, over `hot` (as READ), Host and Asset."""
    stays_on = Asset.type_key.in_(ALWAYS_ON)
    is_unheard = or_(hot.c.stale_at.is_(None), hot.c.stale_at <= AT)
    is_quiet = or_(
        and_(hot.c.farewell_at.is_not(None), or_(Asset.id.is_(None), ~stays_on)),
        and_(hot.c.stale_at <= AT, ~stays_on, ~IS_WORKING_TIME),
    )
    return case(
        (Host.quarantined_at.is_not(None), int(Standing.UNKNOWN)),
        (is_quiet, int(Standing.QUIET)),
        (or_(is_unheard, hot.c.farewell_at.is_not(None)), int(Standing.UNKNOWN)),
        (hot.c.state == State.CRITICAL, int(Standing.CRITICAL)),
        (hot.c.state == State.WARNING, int(Standing.WARNING)),
        (hot.c.state == State.UNKNOWN, int(Standing.UNKNOWN)),
        else_=int(Standing.OK),
    )


def approved(*columns: Any, hot: CTE) -> Select[Any]:
    """Return a select of `columns` over the approved hosts in `hot`."""
    joined = hot.join(Host, Host.id == hot.c.host_id)
    joined = joined.outerjoin(Asset, Asset.id == Host.asset_id)
    return select(*columns).select_from(joined).where(is_live())


def _trouble() -> CTE:
    distrusted = select(Host.id).where(Host.quarantined_at.is_not(None))
    some = READ.where(
        or_(
            HostState.state != State.OK,
            HostState.stale_at.is_(None),
            HostState.stale_at <= AT,
            HostState.farewell_at.is_not(None),
            HostState.host_id.in_(distrusted),
        )
    )
    # Without the word, SQLite reads the rows.
    return some.cte("trouble").prefix_with("MATERIALIZED", dialect="sqlite")


#: What READ selects, of the few hosts that may not be OK; none of the others are.
TROUBLE = _trouble()
#: Where each of them stands.
STANDING = standing_of(TROUBLE).label("standing")


@dataclass(frozen=True)
class Watch:
    """Who looks at hosts and when: how far they may see, and what is expected at this hour."""

    at: datetime
    zone: ZoneInfo
    #: What narrows Host to the reader's reach.
    within: ColumnElement[bool]
    types: tuple[AssetType, ...]

    @property
    def is_working_time(self) -> bool:
        """Whether machines that are not always on should be heard now."""
        here = self.at.astimezone(self.zone)
        begin, end = WORKING_TIME
        return here.weekday() < SATURDAY and begin <= here.time() < end

    @property
    def given(self) -> dict[str, Any]:
        """What a statement over standings is asked with."""
        return {"at": self.at, "is_working_time": self.is_working_time}


def watch(*, at: datetime, zone: ZoneInfo, within: ColumnElement[bool]) -> Watch:
    """Return the watch of a reader. One query, for the types."""
    types = db.session.scalars(select(AssetType).order_by(AssetType.position, AssetType.key))
    return Watch(at, zone, within, tuple(types))
