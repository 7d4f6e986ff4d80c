"""Reviewing access: who has what, since when, last used; each kept or withdrawn, then signed."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import selectinload

from itops.db import db
from itops.errors import Invalid, Refused
from itops.models import (
    AccessReview,
    AccessReviewLine,
    Kept,
    Role,
    RoleGrant,
    User,
    UserSession,
)
from itops.services.auditing import Actor, record
from itops.services.users import role_grants
from itops.services.users.admin_addresses import ADMINISTRATORS
from itops.services.users.handing_over import stood_in_for

#: Who has not been here for so long does not need what they have.
DORMANT = timedelta(days=90)
#: A quarter, with a week to sign.
EVERY = timedelta(days=99)
#: Who withdraws the roles of everybody else; the audit administrator looks, keeps and signs.
REVIEWERS = frozenset({Role.SECURITY_ADMIN, Role.HEAD})
#: What the log tells of a grant beside where it holds.
NO_PLACE = frozenset({"role", "starts_at", "ends_at"})


def begin(*, by: Actor, at: datetime) -> AccessReview:
    """Write down who has what at this moment. Raise Refused while another review is open."""
    if db.session.scalar(select(AccessReview.id).where(AccessReview.signed_at.is_(None))):
        raise Refused("review.one_is_open")
    review = AccessReview(begun_at=at, begun_by=by.name, lines=list(_lines(at)))
    db.session.add(review)
    record("access_review.begun", review, by=by, at=at, after={"lines": len(review.lines)})
    return review


def keep(lines: Sequence[AccessReviewLine], *, by: Actor, at: datetime) -> None:
    """Let people keep these roles. Raise Refused once it is signed, and for one's own."""
    open_ones = [line for line in lines if line.decision is Kept.OPEN]
    if not open_ones:
        raise Refused("review.nothing_chosen")
    for line in open_ones:
        _refuse_signed(line.review)
        _refuse_own(line, by, at=at)
        _decide(line, Kept.KEPT, by=by, at=at)
    told = [f"{line.login}: {line.role.value}" for line in open_ones]
    record("access_review.kept", open_ones[0].review, by=by, at=at, after={"grants": told})


def withdraw(line: AccessReviewLine, *, own_roles: set[Role], by: Actor, at: datetime) -> None:
    """Take the role of a line away, at once. Raise Refused where that is not for this person."""
    _refuse_signed(line.review)
    # An administrator's is for the security administrator, or for one who holds the same.
    is_guarded = line.role in ADMINISTRATORS and not own_roles & {Role.SECURITY_ADMIN, line.role}
    if is_guarded or not own_roles & REVIEWERS:
        raise Refused("review.not_yours")
    if line.decision is Kept.WITHDRAWN:
        return
    _refuse_own(line, by, at=at)
    grant = db.session.get(RoleGrant, line.grant_id) if line.grant_id else None
    _decide(line, Kept.WITHDRAWN, by=by, at=at)
    if grant is None:
        record("access_review.gone", line.review, by=by, at=at, after={"login": line.login})
    else:
        role_grants.take(grant.user, grant, by=by, at=at)


def sign(review: AccessReview, signature: str, *, by: Actor, at: datetime) -> None:
    """Sign a review of which every line is decided, by one's own name."""
    _refuse_signed(review)
    n = sum(line.decision is Kept.OPEN for line in review.lines)
    if n:
        raise Refused("review.undecided", n=n)
    if signature.strip() != by.name:
        raise Invalid("review.sign_by_name", field="signature", name=by.name)
    review.signed_at, review.signed_by = at, by.name
    after = {
        decision.value: sum(line.decision is decision for line in review.lines)
        for decision in (Kept.KEPT, Kept.WITHDRAWN)
    }
    record("access_review.signed", review, by=by, at=at, after=after)


def reviews() -> list[AccessReview]:
    """Return all reviews, the newest first."""
    return list(db.session.scalars(select(AccessReview).order_by(AccessReview.id.desc())))


def is_due(*, at: datetime) -> bool:
    """Whether nobody has signed a review for a quarter, and there are accounts to look at."""
    last = db.session.scalar(select(func.max(AccessReview.signed_at)))
    oldest = db.session.scalar(select(func.min(User.created_at)).where(~User.is_demo))
    since = last or oldest
    return since is not None and since + EVERY <= at


def _lines(at: datetime) -> Iterable[AccessReviewLine]:
    people = select(User).where(~User.is_demo).options(selectinload(User.grants))
    used = dict(
        db.session.execute(
            select(UserSession.user_id, func.max(UserSession.last_used_at)).group_by(
                UserSession.user_id
            )
        ).all()
    )
    for user in db.session.scalars(people.order_by(User.name, User.id)):
        seen = [moment for moment in (used.get(user.id), user.last_sign_in_at) if moment]
        for grant in (one for one in user.grants if not one.is_over(at)):
            yield _line(user, grant, max(seen, default=None), at)


def _line(
    user: User, grant: RoleGrant, last_used_at: datetime | None, at: datetime
) -> AccessReviewLine:
    place = role_grants.told(grant)
    return AccessReviewLine(
        grant_id=grant.id,
        login=user.login,
        name=user.name,
        is_shut=not user.is_enabled,
        role=grant.role,
        place={name: place[name] for name in place if name not in NO_PLACE},
        since_at=grant.starts_at or grant.given_at,
        ends_at=grant.ends_at,
        last_used_at=last_used_at,
        is_dormant=(last_used_at or user.created_at) + DORMANT <= at,
    )


def _decide(line: AccessReviewLine, decision: Kept, *, by: Actor, at: datetime) -> None:
    line.decision, line.decided_at, line.decided_by = decision, at, by.name


def _refuse_signed(review: AccessReview) -> None:
    if review.signed_at is not None:
        raise Refused("review.is_signed")


def _refuse_own(line: AccessReviewLine, by: Actor, *, at: datetime) -> None:
    """Raise Refused for one's own role, unless nobody else could decide it.

    Own is also what one handed over, and what a colleague has for whom one stands in.
    """
    grant = db.session.get(RoleGrant, line.grant_id) if line.grant_id else None
    owner = db.session.scalar(select(User.id).where(User.login == line.login))
    concerned = {owner, grant.giver.id if grant and grant.giver else owner}
    mine = {by.id, *stood_in_for(by.id, at=at)}
    if mine & concerned and _others_can_review(mine | concerned):
        raise Refused("user.not_oneself")


def _others_can_review(besides: set[int | None]) -> bool:
    others = (
        select(RoleGrant.id)
        .join(User)
        .where(
            RoleGrant.role.in_([*REVIEWERS, Role.AUDIT_ADMIN]),
            RoleGrant.site_id.is_(None),
            RoleGrant.ends_at.is_(None),
            User.is_enabled,
            ~User.is_demo,
            User.id.not_in([key for key in besides if key is not None]),
        )
    )
    return db.session.scalar(others.limit(1)) is not None
