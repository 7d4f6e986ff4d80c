"""The codes by which machines come in, as a list; and the approval of many machines at once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import joinedload

from itops.db import db
from itops.models import Asset, Enrolment, EnrolmentCode, Host
from itops.services.auditing import Actor
from itops.services.hosts import admitting
from itops.services.hosts import matching as host_matching
from itops.services.hosts.matching import Match
from itops.services.scoping import Within

#: Codes on the page; older ones are in the audit log.
MOST_CODES = 100
#: Machines that are approved at once, so that a person can read what is proposed for each.
MOST_AT_ONCE = 50
#: From this strength on a match is proposed without asking: one hard mark, or several soft ones.
STRONG_ENOUGH = 6


@dataclass(frozen=True)
class Proposal:
    """A machine that waits, and the asset that it most probably is."""

    host: Host
    match: Match | None

    @property
    def asset(self) -> Asset | None:
        subject = self.match.subject if self.match else None
        return subject if isinstance(subject, Asset) else None


def codes(within: ColumnElement[bool]) -> Sequence[EnrolmentCode]:
    """Return the codes within reach, the newest first."""
    return db.session.scalars(
        select(EnrolmentCode)
        .where(within)
        .options(joinedload(EnrolmentCode.site))
        .order_by(EnrolmentCode.id.desc())
        .limit(MOST_CODES)
    ).all()


def is_open(code: EnrolmentCode, at: datetime) -> bool:
    """Whether a machine can still come in by a code."""
    return code.revoked_at is None and code.uses_left > 0 and code.ends_at > at


def proposals(numbers: Sequence[int], hosts: ColumnElement[bool], within: Within) -> list[Proposal]:
    """Given numbers of waiting machines, return for each the asset to match it to, or none.

    An asset is proposed for one machine only: of two that claim it, the stronger one's.
    """
    waiting = db.session.scalars(
        select(Host)
        .where(Host.id.in_(numbers[:MOST_AT_ONCE]), Host.enrolment == Enrolment.PENDING, hosts)
        .order_by(Host.name, Host.id)
    ).all()
    matches = [(host, _best(host_matching.suggestions(host), within)) for host in waiting]
    strongest: dict[int, int] = {}
    for _, match in matches:
        if match is not None:
            key = match.subject.id
            strongest[key] = max(strongest.get(key, 0), match.strength)
    given: set[int] = set()
    return [_proposal(host, match, strongest, given) for host, match in matches]


def approve_all(chosen: Mapping[Host, Asset | None], *, by: Actor, at: datetime) -> None:
    """Let all of them in, each as its asset; all or none. Raise Refused by the first that can't."""
    for host, asset in chosen.items():
        admitting.approve(host, asset=asset, by=by, at=at)


def _best(matches: Sequence[Match], within: Within) -> Match | None:
    """Return the strongest match to an asset within reach, if it is strong enough."""
    assets = [
        match
        for match in matches
        if isinstance(match.subject, Asset) and within.covers(site_id=match.subject.site_id)
    ]
    best = max(assets, key=_strength, default=None)
    return best if best is not None and best.strength >= STRONG_ENOUGH else None


def _strength(match: Match) -> int:
    return match.strength


def _proposal(
    host: Host, match: Match | None, strongest: Mapping[int, int], given: set[int]
) -> Proposal:
    if match is None or match.strength < strongest[match.subject.id] or match.subject.id in given:
        return Proposal(host, None)
    given.add(match.subject.id)
    return Proposal(host, match)
