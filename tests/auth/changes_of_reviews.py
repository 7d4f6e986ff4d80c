"""How the routes of access reviews are called so that they change something."""

from collections.abc import Callable
from typing import Any

from itops.clock import utcnow
from itops.db import db
from itops.models import AccessReview, AccessReviewLine, Kept, Role, User
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


REVIEW_CHANGES: dict[str, Callable[[User], Call]] = {
    "access_review.begin": lambda _me: ("/access-reviews", {}),
    "access_review.decide": _decide,
    "access_review.sign": lambda me: (
        f"/access-reviews/{_review(Kept.KEPT).id}/sign",
        {"signature": me.name},
    ),
}
