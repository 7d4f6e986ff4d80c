"""Look here first: what is wrong with the fleet, worst first, one cause in one line."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from operator import attrgetter
from typing import Any, NamedTuple

from sqlalchemy import DateTime, Integer, Row, bindparam, select, type_coerce

from itops.db import db
from itops.errors import Message
from itops.models import Asset, Host, HostState
from itops.services.hosts.board import Narrowing
from itops.services.hosts.standing import Standing
from itops.services.hosts.trouble import Troubled
from itops.services.places.tree import PlaceTree

#: Lines of the list; the rest is counted below it.
MOST_LINES = 12
#: What is looked at, worst first: from so many hosts with the same finding on, they are one line.
#: Critical ones are looked at one
#: by one for longer: each is a place to go to.
ALIKE_FROM = {Standing.CRITICAL: 5, Standing.UNKNOWN: 3, Standing.WARNING: 3}
#: Hosts of one place that fell silent so close to each other have one cause.
TOGETHER = timedelta(minutes=10)
#: Findings of one standing that are read to see what is alike.
MOST_FINDINGS = 1_000
#: What is said of a host that we hear and that gives no reason.
NO_REASON = "cause.no_reason"
QUARANTINED = "cause.quarantined"
SWITCHED_OFF = "cause.switched_off"
NEVER_HEARD = "cause.never_heard"
SILENT = "cause.silent"
#: Stands for a moment that nobody knows.
NEVER = datetime(1, 1, 1)  # noqa: DTZ001 - UTC, like the moments that it is compared with


class Reason(NamedTuple):
    """Why a host needs looking at."""

    host: Troubled
    #: The key of the message that says it.
    key: str
    #: Since when, UTC without a zone; for silence, when it was noticed.
    moment: datetime


@dataclass(frozen=True)
class Cause:
    """One line: one host, or several with the same cause, the first one first."""

    hosts: Sequence[Troubled]
    message: Mapping[str, Any]
    since: datetime | None
    #: Whether all of them are in the first one's building, or else on its site.
    is_of_one_place: bool = False
    #: How the first one is called: name, asset_name, asset_name_en.
    names: Row[Any] | None = None

    @property
    def first(self) -> Troubled:
        return self.hosts[0]

    @property
    def standing(self) -> Standing:
        return Standing(self.first.standing)


class _Line(NamedTuple):
    """A cause before it is told: which ones they are is known of all, the words of a few alone."""

    hosts: Sequence[Troubled]
    key: str
    moment: datetime
    is_of_one_place: bool = False


def causes(
    troubled: Iterable[Troubled], to: Narrowing, tree: PlaceTree, *, at: datetime
) -> list[Cause]:
    """Given the hosts that may not be OK, return the first lines: worst first, then the newest.

    A query for the names, and one for each standing until there are lines enough.
    """
    now = at.astimezone(UTC).replace(tzinfo=None)
    wanted = [one for one in troubled if to.leaves(one)]
    lines: list[_Line] = []
    for standing in ALIKE_FROM:
        if len(lines) < MOST_LINES:
            found = _of_one_standing([one for one in wanted if one.standing == standing], tree, now)
            lines += sorted(found, key=attrgetter("moment"), reverse=True)
    return _told(lines[:MOST_LINES])


def _of_one_standing(hosts: Sequence[Troubled], tree: PlaceTree, now: datetime) -> Iterator[_Line]:
    silent = [reason for one in hosts if (reason := _of_silence(one, now))]
    unheard = {reason.host.id for reason in silent}
    yield from _alike(_with_findings([one for one in hosts if one.id not in unheard]))
    yield from _silences(silent, tree)


def _of_silence(host: Troubled, now: datetime) -> Reason | None:
    """Return why a host is not believed or not heard; None: its findings say what is wrong."""
    if host.quarantined_at:
        return Reason(host, QUARANTINED, host.quarantined_at)
    if host.farewell_at:
        return Reason(host, SWITCHED_OFF, host.farewell_at)
    if host.stale_at is None:
        return Reason(host, NEVER_HEARD, NEVER)
    return Reason(host, SILENT, host.stale_at) if host.stale_at <= now else None


def _with_findings(found: Sequence[Troubled]) -> list[Reason]:
    """Given hosts that we hear, return them with what the first finding of each is about."""
    hosts = found[:MOST_FINDINGS]
    if not hosts:
        return []
    numbers = [one.id for one in hosts]
    keys = bindparam("keys", numbers, Integer, expanding=True, literal_execute=True)
    rows = db.session.connection().execute(
        select(
            HostState.host_id,
            HostState.findings[(0, "message", "key")].as_string(),
            type_coerce(HostState.state_since_at, DateTime),
        ).where(HostState.host_id.in_(keys))
    )
    known = {host_id: (key or NO_REASON, since or NEVER) for host_id, key, since in rows.all()}
    return [Reason(one, *known[one.id]) for one in hosts]


def _alike(found: Iterable[Reason]) -> Iterator[_Line]:
    """Yield a line for all hosts of one type with the same finding, or a line for each."""
    kinds: dict[tuple[Any, ...], list[Reason]] = {}
    for one in found:
        kind = (one.key, one.host.type_key)
        kinds.setdefault(kind, []).append(one)
    for alike in kinds.values():
        yield from _one_or_each(sorted(alike, key=attrgetter("moment")), alike[0].key)


def _silences(found: Iterable[Reason], tree: PlaceTree) -> Iterator[_Line]:
    """Yield a line for the hosts of one place that fell silent together; a line for the rest."""
    places: dict[tuple[Any, ...], list[Reason]] = {}
    for one in found:
        building = tree.building_of(one.host.location_id)
        place = (one.host.site_id, building.id if building else None, one.key)
        places.setdefault(place, []).append(one)
    for hosts in places.values():
        apart: list[Reason] = []
        for together in _close_in_time(sorted(hosts, key=attrgetter("moment"))):
            if len(together) >= ALIKE_FROM[Standing.UNKNOWN]:
                yield _line(together, together[0].key)._replace(is_of_one_place=True)
            else:
                apart += together
        if apart:
            lines = _one_or_each(apart, f"{apart[0].key}_apart")
            yield from (line._replace(is_of_one_place=True) for line in lines)


def _close_in_time(hosts: Sequence[Reason]) -> Iterator[list[Reason]]:
    """Given hosts in the order of time, yield runs of those that follow each other closely."""
    run: list[Reason] = []
    for one in hosts:
        if run and one.moment - run[-1].moment > TOGETHER:
            yield run
            run = []
        run.append(one)
    if run:
        yield run


def _one_or_each(hosts: Sequence[Reason], key: str) -> Iterator[_Line]:
    if len(hosts) >= ALIKE_FROM[Standing(hosts[0].host.standing)]:
        yield _line(hosts, key)
    else:
        yield from (_line([one], one.key) for one in hosts)


def _line(found: Sequence[Reason], key: str) -> _Line:
    return _Line([one.host for one in found], key, found[0].moment)


def _told(lines: Sequence[_Line]) -> list[Cause]:
    """Return the lines with what is told of each one's first host alone."""
    rows = db.session.execute(
        select(
            Host.id,
            Host.name,
            Asset.name.label("asset_name"),
            Asset.name_en.label("asset_name_en"),
            HostState.last_seen_at,
            HostState.findings[(0, "message")].label("message"),
        )
        .join(HostState, HostState.host_id == Host.id)
        .outerjoin(Asset, Asset.id == Host.asset_id)
        .where(Host.id.in_([line.hosts[0].id for line in lines]))
    )
    first = {row.id: row for row in rows}
    return [_cause(line, first[line.hosts[0].id]) for line in lines]


def _cause(line: _Line, names: Any) -> Cause:
    """Return a line with its words; one of silence tells when the last message came."""
    since = None if line.moment is NEVER else line.moment.replace(tzinfo=UTC)
    if line.key.startswith(SILENT):
        since = names.last_seen_at or since
    has_finding = names.message is not None and names.message["key"] == line.key
    message = names.message if has_finding else Message(line.key).as_json()
    return Cause(line.hosts, message, since, line.is_of_one_place, names)
