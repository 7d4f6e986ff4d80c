"""Reviewing access: who has what, since when, last used; each kept or withdrawn, then signed."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import selectinload

from itops.db import db
from itops.errors import Invalid, Message, Refused
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
from itops.services.users import role_grants, three_administrators
from itops.services.users.admin_addresses import ADMINISTRATORS
from itops.services.users.handing_over import stood_in_for

#: Who has not been here for so long does not need what they have.
DORMANT = timedelta(days=90)
#: A quarter, with a week to sign.
EVERY = timedelta(days=99)
#: Who withdraws the roles of everybody else; the audit administrator looks, keeps and signs.
REVIEWERS = frozenset({Role.SECURITY_ADMIN, Role.HEAD})
#: Who may decide lines of a review, and so judge another reviewer's own.
JUDGES = REVIEWERS | {Role.AUDIT_ADMIN}
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


def keep(lines: Sequence[AccessReviewLine], *, by: Actor, at: datetime) -> list[Message]:
    """Let people keep these roles. Return what is said of lines that are left to somebody else.

    One's own are, unless nobody else could judge them; that is written down. Raise Refused once it
    is signed, and where nothing is left to decide.
    """
    open_ones = [line for line in lines if line.decision is Kept.OPEN]
    if not open_ones:
        raise Refused("review.nothing_chosen")
    own = own_lines(open_ones, by=by, at=at)
    left = [of_ones_own(line, own[line.id]) for line in open_ones if own.get(line.id)]
    kept = [line for line in open_ones if not own.get(line.id)]
    if not kept:
        raise Refused(left[0].key, **left[0].params)
    for line in kept:
        _refuse_signed(line.review)
        _decide(line, Kept.KEPT, by=by, at=at)
        line.by_themselves = line.id in own
    after = {"grants": [_told(line) for line in kept]}
    alone = [_told(line) for line in kept if line.by_themselves]
    after |= {"by_themselves": alone} if alone else {}
    record("access_review.kept", kept[0].review, by=by, at=at, after=after)
    return left


def withdraw(line: AccessReviewLine, *, own_roles: set[Role], by: Actor, at: datetime) -> None:
    """Take the role of a line away, at once. Raise Refused where that is not for this person."""
    _refuse_signed(line.review)
    # An administrator's is for the security administrator, or for one who holds the same.
    is_guarded = line.role in ADMINISTRATORS and not own_roles & {Role.SECURITY_ADMIN, line.role}
    if is_guarded or not own_roles & REVIEWERS:
        raise Refused("review.not_yours")
    if line.decision is Kept.WITHDRAWN:
        return
    for names in own_lines([line], by=by, at=at).values():
        if names:
            message = of_ones_own(line, names)
            raise Refused(message.key, **message.params)
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
    line.by_themselves = False


def _refuse_signed(review: AccessReview) -> None:
    if review.signed_at is not None:
        raise Refused("review.is_signed")


def _told(line: AccessReviewLine) -> str:
    return f"{line.login}: {line.role.value}"


def own_lines(
    lines: Sequence[AccessReviewLine], *, by: Actor, at: datetime
) -> dict[int, list[str]]:
    """Return which lines are one's own, each with the names of who else could judge it.

    Own is also what one handed over, and what a colleague has for whom one stands in.
    """
    mine = {by.id, *stood_in_for(by.id, at=at)}
    keys = _known(mine)
    logins = set(db.session.scalars(select(User.login).where(User.id.in_(keys))))
    grants = set(db.session.scalars(select(RoleGrant.id).where(RoleGrant.user_id.in_(keys))))
    found = {}
    for line in lines:
        # Only of these may a line be, and to ask of each would take as many queries.
        is_likely = line.grant_id in grants or line.login in logins
        if is_likely or "stands_in_for" in line.place:
            concerned = _concerned(line)
            if mine & concerned:
                found[line.id] = judges(besides=mine | concerned, at=at)
    return found


def of_ones_own(line: AccessReviewLine, names: Sequence[str]) -> Message:
    """Return what is said of a line that somebody else is to judge."""
    role = Message(f"role.{line.role}")
    judged_by = list(names[:3])
    return Message("review.of_ones_own", {"name": line.name, "role": role, "judges": judged_by})


def judges(*, besides: set[int | None], at: datetime) -> list[str]:
    """Return who else could judge a line now: whoever has the right everywhere."""
    people = (
        select(User)
        .where(User.is_enabled, ~User.is_demo)
        .where(User.id.not_in(_known(besides)))
        .where(User.grants.any(RoleGrant.role.in_(JUDGES)))
        .options(selectinload(User.grants))
        .order_by(User.name, User.id)
    )
    return [user.name for user in db.session.scalars(people) if _judges(user, at=at)]


def _judges(user: User, *, at: datetime) -> bool:
    acting = three_administrators.kept(user.grants_at(at), at=at)
    return any(
        grant.role in JUDGES and grant.holds_everywhere and grant.ends_at is None
        for grant in acting
    )


def _concerned(line: AccessReviewLine) -> set[int | None]:
    """Return whose line it is: who has the role, and who handed it over."""
    grant = db.session.get(RoleGrant, line.grant_id) if line.grant_id else None
    # By the grant: who calls themselves otherwise since is the same person.
    by_login = select(User.id).where(User.login == line.login)
    owner = grant.user_id if grant else db.session.scalar(by_login)
    return {owner, grant.giver.id if grant and grant.giver else owner}


def _known(keys: set[int | None]) -> list[int]:
    return [key for key in keys if key is not None]
