"""Lists of alerts: those that stand, worst first; those kept quiet; those that are over."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Self

from sqlalchemy import ColumnElement, Select, and_, case, false, func, or_, select
from sqlalchemy.orm import aliased, joinedload

from itops.checks.base import BOARD_ORDER, State
from itops.db import db
from itops.models import Alert, AlertStatus, Criticality
from itops.models.alert import HARD, STANDING
from itops.services.alerting.subjects import is_about_place
from itops.services.alerting.surroundings import Surroundings
from itops.services.search import finding as searching
from itops.services.search.index import Kind

PAGE = 50
#: So many places that fell silent stand on the board; when there are more, the list tells of all.
MOST_PLACES = 5
Cause = aliased(Alert)


class Listing(StrEnum):
    """Which alerts: they differ in what they wait for."""

    STANDING = "standing"
    QUIET = "quiet"
    OVER = "over"


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What a list is narrowed to. Empty: not narrowed by that."""

    listing: Listing = Listing.STANDING
    state: State | None = None
    criticality: Criticality | None = None
    site_id: int | None = None
    #: One subject: "host:12".
    subject: str = ""
    #: Words that find hosts: what is about one of these.
    q: str = ""
    #: Only what nobody has taken yet.
    is_untaken: bool = False

    @property
    def is_narrowed(self) -> bool:
        asked = (self.state, self.criticality, self.site_id, self.subject, self.q, self.is_untaken)
        return any(asked)


@dataclass(frozen=True)
class Key:
    """Where a page begins: after the line of this rank and number."""

    rank: int
    id: int

    @classmethod
    def read(cls, text: str) -> Self | None:
        """Return the key that "2-115" writes; None for everything else."""
        rank, _, number = text.partition("-")
        if not (text.isascii() and rank.isdigit() and number.isdigit()) or len(text) > 14:
            return None
        return cls(int(rank), int(number))

    def __str__(self) -> str:
        return f"{self.rank}-{self.id}"


@dataclass(frozen=True)
class Page:
    """Some alerts, how many stand folded under each, and where the next page begins."""

    alerts: list[Alert] = field(default_factory=list)
    folded: dict[int, int] = field(default_factory=dict)
    next: Key | None = None


def page(
    wanted: Wanted, within: ColumnElement[bool], *, at: datetime, after: Key | None = None
) -> Page:
    """Return the page that follows `after`. Two queries, and one more for a narrowed site."""
    rank = _rank(wanted.listing)
    statement = _of(wanted, within, at).add_columns(rank.label("rank"))
    if after is not None:
        statement = statement.where(
            or_(rank > after.rank, and_(rank == after.rank, Alert.id < after.id))
        )
    ordered = statement.options(joinedload(Alert.site), joinedload(Alert.cause))
    rows = db.session.execute(
        ordered.options(joinedload(Alert.quiet)).order_by(rank, Alert.id.desc()).limit(PAGE + 1)
    ).all()
    shown = rows[:PAGE]
    following = Key(shown[-1].rank, shown[-1][0].id) if len(rows) > PAGE else None
    return Page([row[0] for row in shown], folded([row[0].id for row in shown]), following)


def found(q: str, within: ColumnElement[bool], *, at: datetime, many: int) -> list[Alert]:
    """Return the alerts that stand for hosts that these words find, as the list has them."""
    some = _of(Wanted(q=q), within, at).options(joinedload(Alert.site))
    return list(
        db.session.scalars(some.order_by(_rank(Listing.STANDING), Alert.id.desc()).limit(many))
    )


def folded(ids: Sequence[int]) -> dict[int, int]:
    """Return how many alerts each of these explains."""
    if not ids:
        return {}
    rows = db.session.execute(
        select(Alert.cause_id, func.count())
        .where(Alert.cause_id.in_(ids), Alert.status.in_(HARD))
        .group_by(Alert.cause_id)
    )
    return {cause_id or 0: count for cause_id, count in rows}


def counts(within: ColumnElement[bool]) -> dict[State, int]:
    """Return how many alerts stand in each state, one cause one; worst first."""
    rows = db.session.execute(
        select(Alert.state, func.count())
        .outerjoin(Cause, Cause.id == Alert.cause_id)
        .where(within, *_stands())
        .group_by(Alert.state)
    )
    found = dict(iter(rows))
    return {state: found.get(state, 0) for state in BOARD_ORDER if state is not State.OK}


def quiet_count(within: ColumnElement[bool]) -> int:
    """Return how many alerts are kept quiet now."""
    statement = select(func.count()).select_from(Alert).outerjoin(Cause, Cause.id == Alert.cause_id)
    return db.session.scalar(statement.where(within, _is_quiet())) or 0


def opened_since(wanted: Wanted, within: ColumnElement[bool], since: datetime) -> int:
    """Return how many alerts were opened since a moment, of those wanted."""
    if wanted.listing is not Listing.STANDING:
        return 0
    inner = _of(wanted, within, since).where(Alert.opened_at > since).with_only_columns(Alert.id)
    return db.session.scalar(select(func.count()).select_from(inner.subquery())) or 0


def unseen(within: ColumnElement[bool]) -> Select[int]:
    """Return the count of alerts that nobody has taken yet, for the navigation."""
    return untaken(within).with_only_columns(func.count())


def untaken(within: ColumnElement[bool]) -> Select[Alert]:
    """Return the select of the alerts that nobody has taken yet."""
    statement = select(Alert).outerjoin(Cause, Cause.id == Alert.cause_id)
    return statement.where(within, *_stands(), Alert.status == AlertStatus.OPEN)


def places(within: ColumnElement[bool]) -> list[Alert]:
    """Return the newest alerts of sites and buildings: most of their machines are silent."""
    statement = select(Alert).outerjoin(Cause, Cause.id == Alert.cause_id)
    found = statement.where(within, *_stands(), is_about_place()).order_by(Alert.id.desc())
    return list(db.session.scalars(found.limit(MOST_PLACES)))


def _of(wanted: Wanted, within: ColumnElement[bool], at: datetime) -> Select[Alert]:
    conditions = [within, *_in(wanted.listing)]
    if wanted.state:
        shown = Alert.worst if wanted.listing is Listing.OVER else Alert.state
        conditions.append(shown == wanted.state)
    if wanted.criticality:
        conditions.append(Alert.criticality == wanted.criticality)
    if wanted.is_untaken:
        conditions.append(Alert.status == AlertStatus.OPEN)
    if wanted.subject:
        conditions.append(Alert.subject == wanted.subject)
    if wanted.q:
        words = searching.among(Kind.HOST, wanted.q)
        conditions.append(Alert.host_id.in_(words) if words is not None else false())
    if wanted.site_id:
        conditions.append(Alert.site_id.in_(Surroundings(at).sites_under(wanted.site_id)))
    return select(Alert).outerjoin(Cause, Cause.id == Alert.cause_id).where(*conditions)


def _in(listing: Listing) -> list[ColumnElement[bool]]:
    if listing is Listing.STANDING:
        return _stands()
    if listing is Listing.QUIET:
        return [_is_quiet()]
    # What nobody ever knew of is no line: it was quiet from its beginning to its end.
    return [Alert.status == AlertStatus.RESOLVED, Alert.opened_at.is_not(None)]


def _stands() -> list[ColumnElement[bool]]:
    """Return what makes an alert a line of its own: one that has a cause stands under it."""
    alone = or_(Alert.cause_id.is_(None), Cause.status == AlertStatus.RESOLVED)
    return [Alert.status.in_(STANDING), alone]


def _is_quiet() -> ColumnElement[bool]:
    has_cause = and_(Alert.status.in_(STANDING), Cause.status != AlertStatus.RESOLVED)
    return or_(Alert.status == AlertStatus.QUIET, has_cause)


def _rank(listing: Listing) -> ColumnElement[int]:
    """Return what is sorted by: what nobody has taken first, the worst first; else the newest."""
    if listing is Listing.OVER:
        return case((Alert.id > 0, 0), else_=0)
    states = case({state: rank for rank, state in enumerate(BOARD_ORDER)}, value=Alert.state)
    if listing is Listing.QUIET:
        return states
    return states + case((Alert.status == AlertStatus.ACKNOWLEDGED, len(BOARD_ORDER)), else_=0)
