"""Look here first: what is wrong with the fleet, worst first, one cause in one line."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Row, select

from itops.db import db
from itops.errors import Message
from itops.models import Asset, Host, HostState
from itops.services.host_board import Narrowing
from itops.services.host_standing import Standing, Watch
from itops.services.place_tree import PlaceTree

#: Lines of the list; the rest is counted below it.
MOST_LINES = 12
#: From so many hosts with the same finding on, they are one line. Critical ones are looked at one
#: by one for longer: each is a place to go to.
ALIKE_FROM = {Standing.CRITICAL: 5, Standing.UNKNOWN: 3, Standing.WARNING: 3}
#: Hosts of one place that fell silent so close to each other have one cause.
TOGETHER = timedelta(minutes=10)
#: Findings that are read to see what is alike.
MOST_FINDINGS = 1_000
#: What stands for a host that says what is wrong itself, until its finding is read.
SAYS_ITSELF = Message("cause.no_reason").as_json()
QUARANTINED = Message("cause.quarantined").as_json()
SWITCHED_OFF = Message("cause.switched_off").as_json()
NEVER_HEARD = Message("cause.never_heard").as_json()
SILENT = Message("cause.silent").as_json()
_STANDINGS = tuple(Standing)


class Troubled(NamedTuple):
    """A host that needs looking at, what it is and where it is."""

    host: Row[Any]
    standing: Standing
    #: What is wrong, as a stored message.
    message: Mapping[str, Any]
    #: Since when; for silence, when it was noticed.
    moment: datetime | None

    @property
    def says_itself(self) -> bool:
        """Whether the machine is heard, so that its findings say what is wrong."""
        return self.message is SAYS_ITSELF

    @property
    def order(self) -> float:
        return self.moment.timestamp() if self.moment else 0


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
        return self.first.standing


def causes(watch: Watch, to: Narrowing, tree: PlaceTree) -> list[Cause]:
    """Return the first lines of trouble: worst first, in each the newest first. Three queries."""
    troubled = _troubled(watch, to)
    speaking = _with_findings([one for one in troubled if one.says_itself])
    silent = [one for one in troubled if not one.says_itself]
    lines = sorted([*_alike(speaking), *_silences(silent, tree)], key=_urgency)
    return _with_names(lines[:MOST_LINES])


def _urgency(cause: Cause) -> tuple[int, float]:
    return cause.standing, -(cause.since.timestamp() if cause.since else 0)


def _troubled(watch: Watch, to: Narrowing) -> list[Troubled]:
    """Return the hosts to look at, worst first; the silent ones with the kind of silence."""
    hot = watch.trouble()
    standing = watch.standing(hot).label("standing")
    # Only what indexes hold; and on the connection, for there may be a thousand of them.
    rows = db.session.connection().execute(
        watch.hosts(
            Host.id,
            Asset.type_key,
            Host.site_id,
            Asset.location_id,
            Host.quarantined_at,
            hot.c.stale_at,
            hot.c.farewell_at,
            standing,
            hot=hot,
        )
        .where(standing < int(Standing.QUIET), *to.conditions())
        .order_by(standing, Host.id)
    )
    return [_as_read(row, watch.at) for row in rows.all()]


def _as_read(row: Row[Any], at: datetime) -> Troubled:
    message, moment = SAYS_ITSELF, None
    if row.quarantined_at:
        message, moment = QUARANTINED, row.quarantined_at
    elif row.farewell_at:
        message, moment = SWITCHED_OFF, row.farewell_at
    elif row.stale_at is None:
        message = NEVER_HEARD
    elif row.stale_at <= at:
        message, moment = SILENT, row.stale_at
    return Troubled(row, _STANDINGS[row.standing], message, moment)


def _with_findings(found: Sequence[Troubled]) -> list[Troubled]:
    """Given hosts that we hear, return them with the first finding of each."""
    hosts = found[:MOST_FINDINGS]
    rows = db.session.connection().execute(
        select(HostState.host_id, HostState.state_since_at, HostState.findings[0]).where(
            HostState.host_id.in_([one.host.id for one in hosts])
        )
    )
    known = {host_id: (since, finding) for host_id, since, finding in rows.all()}
    return [_explained(one, *known[one.host.id]) for one in hosts]


def _explained(
    one: Troubled, since: datetime | None, finding: Mapping[str, Any] | None
) -> Troubled:
    message = finding["message"] if finding else one.message
    return Troubled(one.host, one.standing, message, since)


def _alike(found: Iterable[Troubled]) -> Iterator[Cause]:
    """Yield a line for all hosts of one type with the same finding, or a line for each."""
    kinds: dict[tuple[Any, ...], list[Troubled]] = {}
    for one in found:
        kind = (one.standing, one.message["key"], one.host.type_key)
        kinds.setdefault(kind, []).append(one)
    for alike in kinds.values():
        yield from _one_or_each(sorted(alike, key=_moment), alike[0].message)


def _silences(found: Iterable[Troubled], tree: PlaceTree) -> Iterator[Cause]:
    """Yield a line for the hosts of one place that fell silent together; a line for the rest."""
    places: dict[tuple[Any, ...], list[Troubled]] = {}
    for one in found:
        building = tree.building_of(one.host.location_id)
        place = (one.host.site_id, building.id if building else None, one.message["key"])
        places.setdefault(place, []).append(one)
    for hosts in places.values():
        apart: list[Troubled] = []
        for together in _close_in_time(sorted(hosts, key=_moment)):
            if len(together) >= ALIKE_FROM[Standing.UNKNOWN]:
                line = _line(together, together[0].message)
                yield replace(line, is_of_one_place=True)
            else:
                apart += together
        if apart:
            several = Message(f"{apart[0].message['key']}_apart").as_json()
            lines = _one_or_each(apart, several)
            yield from (replace(line, is_of_one_place=True) for line in lines)


def _close_in_time(hosts: Sequence[Troubled]) -> Iterator[list[Troubled]]:
    """Given hosts in the order of time, yield runs of those that follow each other closely."""
    run: list[Troubled] = []
    for one in hosts:
        if run and one.order - run[-1].order > TOGETHER.total_seconds():
            yield run
            run = []
        run.append(one)
    if run:
        yield run


def _one_or_each(hosts: Sequence[Troubled], message: Mapping[str, Any]) -> Iterator[Cause]:
    if len(hosts) >= ALIKE_FROM[hosts[0].standing]:
        yield _line(hosts, message)
    else:
        yield from (_line([one], one.message) for one in hosts)


def _line(hosts: Sequence[Troubled], message: Mapping[str, Any]) -> Cause:
    return Cause(hosts, message, hosts[0].moment)


def _moment(one: Troubled) -> float:
    return one.order


def _with_names(lines: Sequence[Cause]) -> list[Cause]:
    """Return the lines with names, and the time of the last message where they tell of silence."""
    rows = db.session.execute(
        select(
            Host.id,
            Host.name,
            Asset.name.label("asset_name"),
            Asset.name_en.label("asset_name_en"),
            HostState.last_seen_at,
        )
        .join(HostState, HostState.host_id == Host.id)
        .outerjoin(Asset, Asset.id == Host.asset_id)
        .where(Host.id.in_([line.first.host.id for line in lines]))
    )
    names = {row.id: row for row in rows}
    return [_with_name(line, names[line.first.host.id]) for line in lines]


def _with_name(line: Cause, names: Any) -> Cause:
    tells_of_silence = line.message["key"].startswith(SILENT["key"])
    since = names.last_seen_at or line.since if tells_of_silence else line.since
    return replace(line, names=names, since=since)
