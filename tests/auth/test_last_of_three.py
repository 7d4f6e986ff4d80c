"""Where three administrators are kept apart, the last in each seat stays, also of two at once."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial

import pytest
from flask import Flask
from flask.testing import FlaskClient

from itops.clock import utcnow
from itops.db import db
from itops.models import AccessReview, AccessReviewLine, Role, User
from itops.services import installation
from itops.services.users import three_administrators
from tests import factories
from tests.auth.signed_in import browser
from tests.conftest import empty

ROUNDS = 50


@pytest.mark.both_databases
@pytest.mark.parametrize("role", [Role.SECURITY_ADMIN, Role.AUDIT_ADMIN])
def test_of_two_who_are_withdrawn_at_once_one_stays(any_app, full, role):
    any_app.config["ITOPS"] = replace(any_app.config["ITOPS"], three_administrators=True)
    installation.set_up(db.engine, any_app.config["ITOPS"])
    for _ in range(full(ROUNDS)):
        factories.user(role=Role.SYSTEM_ADMIN)
        guards = [factories.user(role=Role.SECURITY_ADMIN) for _ in range(2)]
        readers = [factories.user(role=Role.AUDIT_ADMIN) for _ in range(2)]
        holders = guards if role is Role.SECURITY_ADMIN else readers
        forms = [_form(one) for one in reversed(holders)]
        clients = [browser(any_app, one) for one in guards]
        db.session.commit()  # a transaction of the test's own would make both wait
        with ThreadPoolExecutor(2) as both:
            list(both.map(partial(_post, any_app), clients, forms))
        db.session.rollback()
        assert db.session.query(User).where(User.grants.any(role=role)).count() == 1
        assert three_administrators.seats(at=utcnow(), for_ever=True) == set(
            three_administrators.THREE
        )
        db.session.rollback()
        empty()


def _form(holder: User) -> tuple[str, dict[str, str]]:
    """Return how a holder's role is withdrawn in a review of its own, which holds up no other."""
    line = AccessReviewLine(
        grant_id=holder.grants[0].id,
        login=holder.login,
        name=holder.name,
        is_shut=False,
        role=holder.grants[0].role,
        place={},
        is_dormant=False,
    )
    review = AccessReview(begun_at=utcnow(), begun_by="甲", lines=[line])
    db.session.add(review)
    db.session.flush()
    return f"/access-reviews/{review.id}/decide", {"withdraw": str(line.id)}


def _post(app: Flask, client: FlaskClient, form: tuple[str, dict[str, str]]) -> None:
    with app.app_context():
        client.post(form[0], data=form[1])
