"""Leave on the people pages and in the log; and a giver who is shut out at the same moment."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import select

from itops.db import db
from itops.models import Role, RoleGrant
from tests import factories
from tests.auth.signed_in import browser
from tests.conftest import empty
from tests.views.users.leaves import account, boss, form, hand, handed_to, log

ROUNDS = 20


def test_an_administrator_hands_over_for_somebody_who_fell_ill(wang, li, sign_in):
    chief = boss(sign_in)
    key = account("wang").id
    assert "(li)" in chief.get(f"/users/{key}/leave").text
    answer = chief.post(f"/users/{key}/leave", data=form("li", "wang"))
    assert answer.status_code == 302
    assert li.get("/tickets/limits").status_code == 200
    assert "for 王敏" in chief.get(f"/users/{account('li').id}").text
    (grant,) = handed_to("li")
    chief.post(f"/users/{account('li').id}/roles/{grant.id}/take")
    assert handed_to("li") == []


def test_an_administrator_hands_over_no_more_than_they_may_give_and_nothing_to_themselves(
    wang, li, sign_in
):
    plain, chief = sign_in(Role.SYSTEM_ADMIN, login="plain"), boss(sign_in)
    key = account("wang").id
    assert plain.post(f"/users/{key}/leave", data=form("li", "wang")).status_code == 409
    answer = chief.post(f"/users/{key}/leave", data=form("boss", "wang"))
    assert answer.status_code == 422
    assert handed_to("li") == handed_to("boss") == []


def test_the_log_says_for_whom_only_where_it_needed_that(wang, li):
    hand(wang, "li", "wang")
    limits = li.get("/tickets/limits")
    assert limits.status_code == 200
    li.post("/look", data={"language": "zh_Hans", "from": "/account"})
    assert "acts_for" not in (log()[-1].after or {})


def test_the_log_says_for_whom_the_stand_in_acted(sign_in, kept):
    here, there = factories.site(), factories.site()
    giver = sign_in(Role.HEAD, login="wang", name="王敏", site=there, password_hash=kept)
    stand_in = sign_in(Role.ENGINEER, login="li", site=here)
    both = account("li")
    both.grants.append(RoleGrant(role=Role.DIRECTOR, site_id=there.id))  # colleagues know her
    hand(giver, "li", "wang")
    for site, names in ((here, None), (there, ["王敏"])):
        module = factories.module(site=site)
        stand_in.post(f"/modules/{module.id}/use")
        entry = log()[-1]
        assert entry.subject_id == module.id
        assert (entry.after or {}).get("acts_for") == names


@pytest.mark.both_databases
@pytest.mark.slow
def test_who_is_shut_out_at_the_same_moment_leaves_nothing_behind(any_app, full, kept):
    for _ in range(full(ROUNDS)):
        giver = factories.user(role=Role.ENGINEER, login="giver", password_hash=kept)
        to, chief = factories.user(role=Role.ENGINEER), factories.user(role=Role.SYSTEM_ADMIN)
        chief.grants.append(RoleGrant(role=Role.HEAD))
        factories.user(role=Role.SYSTEM_ADMIN)
        db.session.commit()
        asked = form(to.login, giver.login)
        posts: tuple[tuple[Any, str, dict[str, Any]], ...] = (
            (browser(any_app, giver), "/account/leave", asked),
            (browser(any_app, chief), f"/users/{giver.id}/shut", {}),
        )
        db.session.commit()  # a transaction of the test's own would make both wait

        def post(one, app=any_app):
            client, path, data = one
            with app.app_context():
                return client.post(path, data=data).status_code

        with ThreadPoolExecutor(2) as both:
            codes = list(both.map(post, posts))
        db.session.rollback()
        assert codes[1] == 302
        assert not account("giver").is_enabled
        handed = select(RoleGrant.id).where(RoleGrant.delegated_from_id.is_not(None))
        assert db.session.scalars(handed).all() == []
        db.session.rollback()
        empty()
