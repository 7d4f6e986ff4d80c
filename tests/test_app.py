"""The app as a whole: it starts, answers probes, turns strangers away and says so."""

from itops.db import db
from itops.models import Role
from itops.services.upgrading import upgrade


def test_probes_answer_without_a_sign_in(client):
    assert client.get("/healthz").json == {"status": "ok"}
    assert client.get("/readyz").json == {"status": "ready", "database": "ok"}
    assert client.get("/metrics").status_code == 200


def test_a_page_needs_a_person(client, sign_in):
    assert client.get("/").status_code in {302, 401}
    assert sign_in(Role.ENGINEER).get("/").status_code == 200


def test_a_program_reads_a_problem_document(client):
    answer = client.get("/api/v1/nothing")
    assert answer.content_type == "application/problem+json"
    assert answer.json["status"] == 404


def test_a_change_that_another_site_sends_is_turned_away(sign_in):
    client = sign_in(Role.ENGINEER)
    answer = client.post("/look", data={"language": "en"}, headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 403


def test_a_second_upgrade_has_nothing_to_do(app):
    assert upgrade(db.engine) is None
