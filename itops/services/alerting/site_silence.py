"""A whole site or building that falls silent has one cause: its line, or its power: one alert."""

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import joinedload

from itops.checks.base import Finding, State
from itops.db import db
from itops.errors import Message
from itops.models import Alert, Host, HostState, Location, Site
from itops.services.alerting import fallen
from itops.services.alerting.fallen import Fall, Known
from itops.services.alerting.rules import SILENCE, STILL_SILENT
from itops.services.alerting.signals import Signal
from itops.services.alerting.subjects import (
    Subject,
    is_about_place,
    is_building,
    of_building,
    of_site,
    place_id,
)
from itops.services.hosts.standing import Standing, is_live

#: So many machines, and this share of those that should be heard, are a site.
FEWEST = 3
MOST_OF_IT = 0.8
#: It is over when fewer are silent than this share.
PART_OF_IT = 0.5
TOGETHER = 400
#: They were heard once, and stopped without a word.
IS_SILENT = (
    Host.quarantined_at.is_(None),
    HostState.farewell_at.is_(None),
    HostState.stale_at.is_not(None),
)


def signals(
    standings: Mapping[int, Standing], *, at: datetime, awake_since: datetime
) -> list[Signal]:
    """Return what there is to signal about places, given all hosts that are not OK.

    A site is silent when those are that should be heard at this hour; a site or a building also
    when at any hour most that were up fell silent together.
    """
    known = _known_places()
    falls = fallen.falls(known, at=at, awake_since=awake_since)
    return [*_of_sites(standings, known, falls), *_of_buildings(known, falls)]


def _of_sites(
    standings: Mapping[int, Standing], known: Mapping[str, Known], falls: Mapping[str, Fall]
) -> Iterator[Signal]:
    silent = _by_site(_in(standings, Standing.UNKNOWN), *IS_SILENT)
    wanted = {key for key, count in silent.items() if count >= FEWEST}
    wanted |= {place_id(key) for key in {*known, *falls} if not is_building(key)}
    if not wanted:
        return
    expected = _machines(wanted) - _by_site(_in(standings, Standing.QUIET))
    sites = db.session.scalars(select(Site).where(Site.id.in_(wanted)).order_by(Site.id))
    for site in sites:
        subject, n, total = of_site(site), silent[site.id], expected[site.id]
        share = n / (total or 1)
        fall = falls.get(subject.key)
        if fall is not None and fall.together.is_most:
            yield _fallen(subject, fall)
        elif n >= FEWEST and share >= MOST_OF_IT:
            yield _silent(subject, n, total)
        elif subject.key in known and fall is not None and fall.by_now.is_most:
            yield _silent(subject, *fall.by_now)
        elif subject.key in known and share < PART_OF_IT and _is_past(fall):
            yield _well(subject, fall.by_now.silent if fall else n)


def _of_buildings(known: Mapping[str, Known], falls: Mapping[str, Fall]) -> Iterator[Signal]:
    keys = {key for key, fall in falls.items() if fall.together.is_most} | known.keys()
    wanted = {place_id(key) for key in keys if is_building(key)}
    buildings = db.session.scalars(
        select(Location)
        .where(Location.id.in_(wanted))
        .options(joinedload(Location.site))
        .order_by(Location.id)
    )
    for building in buildings:
        subject = of_building(building)
        fall = falls.get(subject.key)
        if fall is not None and fall.together.is_most:
            yield _fallen(subject, fall)
        elif fall is not None and fall.by_now.is_most:
            yield _silent(subject, *fall.by_now)
        elif _is_past(fall):
            yield _well(subject, fall.by_now.silent if fall else 0)


def _is_past(fall: Fall | None) -> bool:
    """Whether of those that fell so many are heard again that it is over."""
    return fall is None or fall.by_now.share < PART_OF_IT


def _fallen(subject: Subject, fall: Fall) -> Signal:
    silent, up = fall.together
    params = {"silent": silent, "total": up, "n": fall.minutes}
    return _bad(subject, Message("alert.fell_together", params), fall.first)


def _silent(subject: Subject, n: int, total: int) -> Signal:
    return _bad(subject, Message("alert.site_silent", {"n": n, "total": total}))


def _bad(subject: Subject, message: Message, since: datetime | None = None) -> Signal:
    return Signal(subject, SILENCE, Finding(SILENCE, State.UNKNOWN, message), since)


def _well(subject: Subject, still: int) -> Signal:
    """Say that a place is heard again, and how many of its machines that fell are not yet.

    Each of these is told of by its own rule from now on: the place explains it no more.
    """
    left = Message(STILL_SILENT, {"n": still}) if still else None
    well = Finding(SILENCE, State.OK, Message("alert.well_again"))
    return Signal(subject, SILENCE, well, left=left)


def _in(standings: Mapping[int, Standing], standing: Standing) -> list[int]:
    return [key for key, one in standings.items() if one is standing]


def _by_site(ids: list[int], *conditions: ColumnElement[bool]) -> Counter[int]:
    """Return how many of these hosts there are on each site."""
    found: Counter[int] = Counter()
    for start in range(0, len(ids), TOGETHER):
        some = Host.id.in_(ids[start : start + TOGETHER])
        rows = db.session.execute(
            select(Host.site_id, func.count())
            .join(HostState, HostState.host_id == Host.id)
            .where(some, Host.site_id.is_not(None), *conditions)
            .group_by(Host.site_id)
        )
        found.update({site_id or 0: count for site_id, count in rows})
    return found


def _known_places() -> dict[str, Known]:
    """Return the sites and buildings of which there is an alert."""
    rows = db.session.execute(
        select(Alert.subject, Alert.site_id, Alert.first_seen_at).where(
            Alert.open_key.is_not(None), is_about_place()
        )
    )
    return {subject: Known(site_id, since) for subject, site_id, since in rows if site_id}


def _machines(site_ids: set[int]) -> Counter[int]:
    """Return how many machines each site has."""
    live = select(Host.site_id, func.count()).where(Host.site_id.in_(site_ids), is_live())
    rows = db.session.execute(live.group_by(Host.site_id))
    return Counter({site_id or 0: count for site_id, count in rows})
