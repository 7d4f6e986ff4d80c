"""A stranger who knows a login locks it for strangers, and not for whoever was here before."""

import time
from threading import Thread

from itops.auth.known_browser import known_browser
from itops.clock import utcnow
from itops.db import db
from itops.models import Role, SignInFailure
from itops.services.auditing import Actor
from itops.services.users import passwords
from itops.services.users.accounts import set_password
from itops.services.users.passwords import hashed
from tests import factories
from tests.views.users.test_sign_in import GOOD, kept, knock, person

__all__ = ["kept", "person"]
END_ALL = "/account/sessions/end-all"


def locked_by_a_stranger(app):
    stranger = app.test_client()
    for _ in range(6):
        assert knock(stranger, password="guess").status_code == 422
    assert knock(stranger).status_code == 422


def test_a_stranger_does_not_lock_an_engineer_out_of_a_browser_that_they_used(app, client, person):
    knock(client)
    client.post("/sign-out")
    locked_by_a_stranger(app)
    assert knock(client).status_code == 302
    assert client.get("/account").status_code == 200
    assert knock(app.test_client()).status_code == 422  # strangers go on waiting


def test_a_stranger_at_the_same_address_does_not_make_an_engineer_wait(app, client, person):
    knock(client)
    client.post("/sign-out")
    db.session.add_all(SignInFailure(address="127.0.0.1", at=utcnow()) for _ in range(40))
    db.session.commit()
    assert knock(app.test_client()).status_code == 429
    assert knock(client).status_code == 302


def test_a_known_browser_has_five_tries_of_its_own(app, client, person):
    knock(client)
    client.post("/sign-out")
    for _ in range(5):
        assert knock(client, password="guess").status_code == 422
    assert knock(client).status_code == 422
    assert knock(app.test_client()).status_code == 302  # and locks nobody else


def test_a_known_browser_vouches_for_nobody_else_and_for_no_older_password(app, client, person):
    factories.user(role=Role.ENGINEER, login="wang", password_hash=person.password_hash)
    knock(client)
    client.post("/sign-out")
    for _ in range(6):
        knock(app.test_client(), "wang", "guess")
    assert knock(client, "wang").status_code == 422
    other = "another good long sentence"
    by = Actor(person.id, person.name)
    set_password(person, hashed(other), by=by, at=utcnow())
    for _ in range(6):
        knock(app.test_client(), password="guess")
    assert knock(client, password=other).status_code == 422


def test_a_known_browser_is_a_signed_mark_that_opens_nothing(app, client, person):
    knock(client)
    cookie = client.get_cookie("itops-known")
    assert cookie.http_only
    assert cookie.same_site == "Lax"
    forger = app.test_client()
    forger.set_cookie("itops-known", cookie.value[:-2] + "AA")
    locked_by_a_stranger(app)
    assert knock(forger).status_code == 422
    bare = app.test_client()
    bare.set_cookie("itops-known", cookie.value)
    assert bare.get("/account").status_code == 302


def test_a_lock_by_a_stranger_does_not_keep_a_person_from_changing_the_password(
    app, client, person
):
    knock(client)
    locked_by_a_stranger(app)
    other = "another good long sentence"
    form = {"present": GOOD, "password": other, "again": other}
    assert client.post("/account/password", data=form).status_code == 302


def test_a_right_password_does_not_count_once_wrong_ones_beside_it_have_locked(app, client, person):
    knock(client)
    answers = []

    def send():
        with app.app_context():
            answers.append(client.post(END_ALL, data={"proof": GOOD}))

    with passwords._SLOTS, passwords._SLOTS:  # who compares passwords waits for us
        late = Thread(target=send)
        late.start()
        time.sleep(0.5)
        name = known_name(app, client, person)
        db.session.add_all(SignInFailure(address=name, at=utcnow()) for _ in range(5))
        db.session.commit()
    late.join()
    assert answers[0].status_code == 422
    assert client.get("/account").status_code == 200


def known_name(app, client, user):
    headers = {"Cookie": f"itops-known={client.get_cookie('itops-known').value}"}
    with app.test_request_context(headers=headers):
        return known_browser().name_for(user.id, user.password_hash)
