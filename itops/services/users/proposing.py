"""Roles proposed by the system administrator, approved or refused by the security administrator."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, bindparam, func, select
from sqlalchemy.orm import joinedload

from itops.db import db
from itops.errors import Refused
from itops.models import (
    Asset,
    Department,
    GrantProposal,
    Outcome,
    Role,
    Site,
    SystemModule,
    User,
)
from itops.services.auditing import Actor, record
from itops.services.holders import holds_at
from itops.services.users import role_grants, three_administrators
from itops.services.users.role_grants import Grant, told

#: What nobody decides for so long was not needed.
LAPSES = timedelta(days=14)
#: So much of what was decided stands below what waits.
SHOWN = 30


def is_needed(given: Grant, *, by: Actor, at: datetime) -> bool:
    """Whether this role waits for approval.

    Not on the machine itself, which is the way back in, and not for the first in a vacant seat:
    there is nobody yet who could approve. Who comes for a time fills no seat: it would be vacant
    again, and again filled by one hand. Of two who fill it at once, the second waits.
    """
    if not three_administrators.is_on() or by.id is None:
        return False
    if given.ends_at or not three_administrators.is_vacant(given.role, at=at):
        return True
    three_administrators.lock_seats(at=at)
    return not three_administrators.is_vacant(given.role, at=at)


def propose(user: User, given: Grant, *, by: Actor, at: datetime) -> None:
    """Propose a role for `user`. Raise Refused for oneself, Invalid for what makes no sense."""
    role_grants.refuse_oneself(user, by)
    proposed = add(user, given, by=by, at=at)
    record("user.role_proposed", user, by=by, at=at, after={"proposed": proposed})


def add(user: User, given: Grant, *, by: Actor, at: datetime) -> list[dict[str, Any]]:
    """Let a role wait, in place of the same that waited already; the caller audits."""
    role_grants.hold(user)
    role_grants.check(user, given, at=at)
    waiting = waiting_for(user, at=at)
    for places in role_grants.places_of(given):
        for old in waiting:
            if role_grants.is_same(old.as_grant(), given.role, places):
                old.outcome, old.decided_at = Outcome.SUPERSEDED, at
        db.session.add(
            GrantProposal(
                user_id=user.id,
                role=given.role,
                ends_at=given.ends_at,
                proposed_at=at,
                proposed_by_id=by.id,
                proposed_by=by.name,
                **places,
            )
        )
    db.session.flush()
    return [told(one.as_grant()) for one in waiting_for(user, at=at)]


def approve(proposal: GrantProposal, *, by: Actor, at: datetime) -> None:
    """Let what was proposed hold. Raise Refused for one's own, and for what no longer waits."""
    user = _decided(proposal, Outcome.APPROVED, by=by, at=at)
    if not user.is_enabled:
        raise Refused("user.is_shut", name=user.name)
    given = _given(proposal)
    _refuse_orphan(proposal, given, at=at)
    role_grants.check(user, given, at=at)
    before = role_grants.all_of(user)
    grant = proposal.as_grant()
    grant.given_at = at
    user.grants.append(grant)
    db.session.flush()
    after = role_grants.all_of(user) | {"proposed_by": proposal.proposed_by}
    after |= role_grants.begin_anew(user, grant.role, by=by, at=at)
    record("user.role_given", user, by=by, at=at, before=before, after=after)


def refuse(proposal: GrantProposal, *, by: Actor, at: datetime) -> None:
    """Let what was proposed come to nothing. Raise Refused as for approving it."""
    user = _decided(proposal, Outcome.REFUSED, by=by, at=at)
    after = {"proposed_by": proposal.proposed_by, "proposed": [told(proposal.as_grant())]}
    record("user.role_refused", user, by=by, at=at, after=after)


def waits(proposal: GrantProposal, *, at: datetime) -> bool:
    """Whether it can still be decided."""
    return proposal.outcome is Outcome.WAITING and proposal.proposed_at + LAPSES > at


def all_waiting(*, at: datetime) -> Sequence[GrantProposal]:
    """Return what waits for a decision, the oldest first."""
    found = _proposals(_waiting(at)).order_by(GrantProposal.id)
    return db.session.scalars(found).all()


def count_waiting() -> Select[int]:
    """Return the query for how many wait; it is asked with `proposed_since`: a moment - LAPSES."""
    is_waiting = GrantProposal.outcome == Outcome.WAITING
    is_new = GrantProposal.proposed_at > bindparam("proposed_since")
    return select(func.count(GrantProposal.id)).where(is_waiting, is_new)


def waiting_for(user: User, *, at: datetime) -> Sequence[GrantProposal]:
    """Return what waits for one person."""
    found = _proposals(_waiting(at), GrantProposal.user_id == user.id)
    return db.session.scalars(found.order_by(GrantProposal.id)).all()


def settled(*, at: datetime) -> Sequence[GrantProposal]:
    """Return what was decided last, or lapsed."""
    found = _proposals(~_waiting(at)).order_by(GrantProposal.id.desc())
    return db.session.scalars(found.limit(SHOWN)).all()


def _waiting(at: datetime) -> ColumnElement[bool]:
    return (GrantProposal.outcome == Outcome.WAITING) & (GrantProposal.proposed_at > at - LAPSES)


def _proposals(*conditions: ColumnElement[bool]) -> Select[GrantProposal]:
    return select(GrantProposal).where(*conditions).options(joinedload(GrantProposal.user))


def _decided(proposal: GrantProposal, outcome: Outcome, *, by: Actor, at: datetime) -> User:
    """Write down what became of it, for a person who neither made it nor gains by it."""
    role_grants.hold(proposal.user)
    db.session.refresh(proposal)
    if not waits(proposal, at=at):
        raise Refused("proposal.waits_no_more")
    if by.id in {proposal.proposed_by_id, proposal.user_id}:
        raise Refused("proposal.not_ones_own")
    proposal.outcome, proposal.decided_at, proposal.decided_by = outcome, at, by.name
    return proposal.user


def _refuse_orphan(proposal: GrantProposal, given: Grant, *, at: datetime) -> None:
    """Raise Refused where who proposed it could do so no more: shut, or reaching it no longer."""
    sites = [one.site_id for one in given.things] if given.things else [proposal.site_id]
    proposer = select(User.id).where(User.id == proposal.proposed_by_id)
    for site_id in sites:
        reaches = holds_at({Role.SYSTEM_ADMIN}, site_id, None, at=at)
        if db.session.scalar(proposer.where(reaches)) is None:
            raise Refused("proposal.proposer_gone", name=proposal.proposed_by)


def _given(proposal: GrantProposal) -> Grant:
    """Return what it gives, to be looked at again: things have changed since."""
    asset = db.session.get(Asset, proposal.asset_id) if proposal.asset_id else None
    module = db.session.get(SystemModule, proposal.module_id) if proposal.module_id else None
    return Grant(
        proposal.role,
        db.session.get(Site, proposal.site_id) if proposal.site_id else None,
        db.session.get(Department, proposal.department_id) if proposal.department_id else None,
        proposal.ends_at,
        tuple(thing for thing in (asset, module) if thing is not None),
    )
