"""Machines of one place that fell silent together: its power or its line is gone, at any hour.

Nobody misses one workstation in the evening. But whoever is switched off says farewell, or falls
silent alone; that most of those that were up stop within minutes without a word has one cause.
"""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import case, func, select

from itops.db import db
from itops.models import Asset, Host, HostState
from itops.services.alerting.rules import PATIENCE
from itops.services.alerting.subjects import building_key, site_key
from itops.services.hosts.standing import is_live
from itops.services.intake.verdicts import INTERVALS_TO_SILENCE
from itops.services.places import tree as place_tree

#: So many machines, and this share of those that were up, are a place.
FEWEST_TOGETHER = 5
MOST_OF_IT = 0.8
#: Last words further apart than this are not of one moment, where machines report each minute.
WITHIN = timedelta(minutes=5)
EACH_MINUTE = timedelta(minutes=1)
#: No agent reports more seldom than each hour, and its word is good for so many intervals.
LONGEST_WORD = INTERVALS_TO_SILENCE * timedelta(hours=1)
#: Who was heard so long before was up. What goes off one by one in an evening is no fall.
UP_BEFORE = timedelta(hours=1)
#: Only what fell silent this lately begins an alert; one that is known is followed to its end.
FRESH = timedelta(minutes=15)


class Known(NamedTuple):
    """A place of which there is an alert already."""

    site_id: int
    since: datetime


class Heard(NamedTuple):
    """When a machine was heard last, and where it stands."""

    site_id: int
    location_id: int | None
    last_seen_at: datetime
    #: Until when its word is good.
    stale_at: datetime
    said_farewell: bool

    def is_silent(self, at: datetime) -> bool:
        """Whether it stopped without a farewell."""
        return self.stale_at <= at and not self.said_farewell

    @property
    def word(self) -> timedelta:
        """For how long its last word was good."""
        return self.stale_at - self.last_seen_at

    @property
    def longer(self) -> timedelta:
        """By how much more seldom than each minute it reports."""
        return max(self.word / INTERVALS_TO_SILENCE - EACH_MINUTE, timedelta(0))

    @property
    def fell_by(self) -> datetime:
        """When it had fallen at the latest: its next words were due, and did not come."""
        return self.last_seen_at + WITHIN + self.longer

    def was_up(self, at: datetime) -> bool:
        """Whether it may have been up then: who had said farewell before was not."""
        return self.last_seen_at >= at - (WITHIN if self.said_farewell else UP_BEFORE)


class Part(NamedTuple):
    """So many machines are silent, of those that were up."""

    silent: int
    up: int

    @property
    def share(self) -> float:
        return self.silent / self.up

    @property
    def is_most(self) -> bool:
        """Whether it is so many that the place itself must have lost something."""
        return self.silent >= FEWEST_TOGETHER and self.share >= MOST_OF_IT


@dataclass(frozen=True)
class Fall:
    """What fell silent at one time, and what of the place is silent by now."""

    together: Part
    #: Also who fell earlier or later, as in a place that falls again before all are back.
    by_now: Part
    first: datetime
    last: datetime

    @property
    def minutes(self) -> int:
        """Within how many minutes of each other; a part of one counts whole."""
        return max(1, -int(-(self.last - self.first).total_seconds() // 60))


def falls(known: Mapping[str, Known], *, at: datetime, awake_since: datetime) -> dict[str, Fall]:
    """Return by subject ("site:5", "location:7") what fell silent together and still is.

    What fell while we were away ourselves begins nothing: it may have been switched off meanwhile.
    One query, and three more where something fell.
    """
    site_ids = {*_sites_with_fallen(at), *(one.site_id for one in known.values())}
    found = {}
    for key, machines in _by_place(_heard(site_ids)).items():
        silent = [one for one in machines if one.is_silent(at)]
        if key in known:
            silent = [one for one in silent if _may_be_of(known[key], one)]
        else:
            since = max(_since(silent, at), awake_since)
            silent = [one for one in silent if one.last_seen_at >= since]
        patience = timedelta(0) if key in known else PATIENCE
        if any(one.stale_at <= at - patience for one in silent):
            found[key] = _fall(sorted(silent, key=lambda one: one.last_seen_at), machines)
    return found


def _may_be_of(known: Known, one: Heard) -> bool:
    """Whether a machine may have fallen since the place did: so much is of the same alert."""
    return one.last_seen_at + one.longer >= known.since - FRESH


def _since(silent: Sequence[Heard], at: datetime) -> datetime:
    """Return since when a machine may have fallen with those that are silent of late.

    Who reports each minute is missed long before those who report more seldom: they are waited for.
    """
    late = [one.word + one.longer for one in silent if one.stale_at >= at - FRESH]
    return at - FRESH - max(late) if late else at


def _closest(silent: Sequence[Heard]) -> Sequence[Heard]:
    """Given machines by their last words, return the most that may have fallen at one moment."""
    starts, ends = [one.last_seen_at for one in silent], sorted(one.fell_by for one in silent)
    moment = max(starts, key=lambda one: bisect_right(starts, one) - bisect_left(ends, one))
    return [one for one in silent if one.last_seen_at <= moment <= one.fell_by]


def _fall(silent: Sequence[Heard], machines: Sequence[Heard]) -> Fall:
    together = _closest(silent)
    first, last = together[0].last_seen_at, together[-1].last_seen_at
    return Fall(_part(together, machines), _part(silent, machines), first, last)


def _part(silent: Sequence[Heard], machines: Sequence[Heard]) -> Part:
    return Part(len(silent), sum(one.was_up(silent[0].last_seen_at) for one in machines))


def _sites_with_fallen(at: datetime) -> Iterable[int]:
    """Return the sites where so many fell silent, and one of late, that it may be the place."""
    is_late = case((HostState.stale_at >= at - FRESH, 1), else_=0)
    return db.session.scalars(
        select(Host.site_id)
        .join(HostState, HostState.host_id == Host.id)
        .where(
            HostState.stale_at.between(at - FRESH - LONGEST_WORD, at),
            HostState.farewell_at.is_(None),
            Host.site_id.is_not(None),
        )
        .group_by(Host.site_id)
        .having(func.count() >= FEWEST_TOGETHER, func.sum(is_late) > 0)
    )


def _heard(site_ids: Iterable[int]) -> list[Heard]:
    ids = sorted(site_ids)
    if not ids:
        return []
    columns = (Host.site_id, Asset.location_id, HostState.last_seen_at, HostState.stale_at)
    rows = db.session.execute(
        select(*columns, HostState.farewell_at.is_not(None))
        .join(HostState, HostState.host_id == Host.id)
        .outerjoin(Asset, Asset.id == Host.asset_id)
        .where(
            Host.site_id.in_(ids),
            is_live(),
            Host.quarantined_at.is_(None),
            HostState.stale_at.is_not(None),
            HostState.last_seen_at.is_not(None),
        )
    )
    return [Heard._make(row) for row in rows]


def _by_place(machines: Sequence[Heard]) -> dict[str, list[Heard]]:
    """Return the machines of each site, and of each building."""
    found: defaultdict[str, list[Heard]] = defaultdict(list)
    if not machines:
        return found
    tree = place_tree.load()
    for one in machines:
        found[site_key(one.site_id)].append(one)
        building = tree.building_of(one.location_id)
        if building is not None:
            found[building_key(building.id)].append(one)
    return found
