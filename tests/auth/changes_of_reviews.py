"""How the routes of access reviews are called so that they change something."""

from collections.abc import Callable
from typing import Any

from itops.clock import utcnow
from itops.db import db
from itops.models import AccessReview, AccessReviewLine, GrantProposal, Kept, Role, User
from tests import factories

Call = tuple[str, dict[str, Any]]


def _review(decision: Kept = Kept.OPEN) -> AccessReview:
    who = factories.user(role=Role.ENGINEER, login="reviewed")
    line = AccessReviewLine(
        grant_id=who.grants[0].id,
        login=who.login,
        name=who.name,
        is_shut=False,
        role=Role.ENGINEER,
        place={},
        is_dormant=False,
        decision=decision,
    )
    made = AccessReview(begun_at=utcnow(), begun_by="甲", lines=[line])
    db.session.add(made)
    db.session.flush()
    return made


def _decide(_me: User) -> Call:
    review = _review()
    return f"/access-reviews/{review.id}/decide", {"line": str(review.lines[0].id)}


def _decide_proposal(act: str) -> Callable[[User], Call]:
    def call(_me: User) -> Call:
        return f"/role-proposals/{proposal().id}/{act}", {}

    return call


def proposal() -> GrantProposal:
    """Return a role that somebody else has proposed for somebody else."""
    made = GrantProposal(
        user_id=factories.user().id,
        role=Role.ENGINEER,
        proposed_at=utcnow(),
        proposed_by="甲",
        proposed_by_id=factories.user(role=Role.SYSTEM_ADMIN).id,
    )
    db.session.add(made)
    db.session.flush()
    return made


REVIEW_CHANGES: dict[str, Callable[[User], Call]] = {
    "proposals.approve": _decide_proposal("approve"),
    "proposals.refuse": _decide_proposal("refuse"),
    "access_review.begin": lambda _me: ("/access-reviews", {}),
    "access_review.decide": _decide,
    "access_review.sign": lambda me: (
        f"/access-reviews/{_review(Kept.KEPT).id}/sign",
        {"signature": me.name},
    ),
}
