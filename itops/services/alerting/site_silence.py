"""A whole site that falls silent has one cause: its line, or its power. That is one alert."""

from collections import Counter
from collections.abc import Mapping

from sqlalchemy import ColumnElement, func, select

from itops.checks.base import Finding, State
from itops.db import db
from itops.errors import Message
from itops.models import Alert, Host, HostState, Site
from itops.services.alerting.rules import SILENCE
from itops.services.alerting.signals import Signal
from itops.services.alerting.subjects import of_site
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


def signals(standings: Mapping[int, Standing]) -> list[Signal]:
    """Return what there is to signal about sites, given all hosts that are not OK."""
    silent = _by_site(_in(standings, Standing.UNKNOWN), *IS_SILENT)
    known = _known_sites()
    wanted = {key for key, count in silent.items() if count >= FEWEST} | known
    if not wanted:
        return []
    expected = _machines(wanted) - _by_site(_in(standings, Standing.QUIET))
    sites = db.session.scalars(select(Site).where(Site.id.in_(wanted)).order_by(Site.id))
    found = []
    for site in sites:
        share = silent[site.id] / (expected[site.id] or 1)
        if silent[site.id] >= FEWEST and share >= MOST_OF_IT:
            params = {"n": silent[site.id], "total": expected[site.id]}
            message = Message("alert.site_silent", params)
            found.append(Signal(of_site(site), SILENCE, Finding(SILENCE, State.UNKNOWN, message)))
        elif site.id in known and share < PART_OF_IT:
            well = Finding(SILENCE, State.OK, Message("alert.well_again"))
            found.append(Signal(of_site(site), SILENCE, well))
    return found


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


def _known_sites() -> set[int]:
    keys = db.session.scalars(
        select(Alert.site_id).where(Alert.open_key.is_not(None), Alert.subject.like("site:%"))
    )
    return {key for key in keys if key is not None}


def _machines(site_ids: set[int]) -> Counter[int]:
    """Return how many machines each site has."""
    live = select(Host.site_id, func.count()).where(Host.site_id.in_(site_ids), is_live())
    rows = db.session.execute(live.group_by(Host.site_id))
    return Counter({site_id or 0: count for site_id, count in rows})
