"""Signing a restore test that was made by hand: for databases that can't be restored here."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select, true

from itops.checks.base import State
from itops.clock import utcnow
from itops.db import db
from itops.models import AuditEntry, Role, Verification
from itops.services import proof
from itops.services.backups import listing
from itops.services.maintenance import backup_proof
from itops.services.proof import Proof
from tests import factories

ZONE = ZoneInfo("Asia/Shanghai")
HOW = "恢复到备用服务器，挂号 41 万行，电话 13812345678"


def today():
    return utcnow().astimezone(ZONE).date()


def said(**given):
    filled = {"restored_on": str(today()), "came_back": "yes", "rto_minutes": "2h", "how": HOW}
    return filled | given


@pytest.fixture
def job(app):
    return factories.backup(module=factories.module(), kind="other")


@pytest.fixture
def engineer(sign_in):
    return sign_in(Role.ENGINEER)


def test_a_signed_test_proves_the_module_and_shows_who_signed(engineer, job):
    answer = engineer.post(f"/backups/{job.id}/signed-test", data=said(), follow_redirects=True)
    assert "It came back on" in answer.text
    assert "Signed by a person" in answer.text
    assert listing.unproven(true(), at=utcnow()) == []
    record = db.session.scalars(select(Verification)).one()
    page = engineer.get(f"/backups/{job.id}/records/{record.id}").text
    assert "2 hours" in page
    assert "挂号 41 万行" in page
    assert "13812345678" not in page
    assert "Proven by machine" not in page
    assert [one.action for one in db.session.scalars(select(AuditEntry))][-1:] == [
        "backup.restore_signed"
    ]


def test_a_test_that_failed_is_critical_and_proves_nothing(engineer, job):
    engineer.post(f"/backups/{job.id}/signed-test", data=said(came_back="no"))
    found = proof.of_modules([job.module_id], at=utcnow())
    assert found[job.module_id].proof is Proof.UNPROVEN
    assert "it did not come back" in engineer.get(f"/backups/{job.id}").text


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"restored_on": ""}, "Day of the restore test"),
        ({"restored_on": str(today() + timedelta(days=1))}, "still to come"),
        ({"restored_on": str(today() - timedelta(days=9))}, "A later restore test is known"),
        ({"came_back": ""}, "Result"),
        ({"rto_minutes": "soon"}, "It took"),
        ({"how": ""}, "Where it was restored"),
    ],
)
def test_what_is_wrong_is_named_and_what_was_typed_stays(engineer, job, given, sentence):
    factories.restored(job, at=utcnow() - timedelta(days=2))
    answer = engineer.post(f"/backups/{job.id}/signed-test", data=said(**given))
    assert answer.status_code == 400
    assert sentence in answer.text
    assert given.get("how", HOW) in answer.text
    assert len(db.session.scalars(select(Verification)).all()) == 1


def test_a_signature_closes_no_work_order_in_place_of_a_machine(engineer, job):
    engineer.post(f"/backups/{job.id}/signed-test", data=said())
    verdict = backup_proof.look(job.module_id, since=utcnow() - timedelta(days=1))
    assert verdict.state is State.UNKNOWN


def test_who_may_not_test_meets_no_form_and_signs_nothing(sign_in, job):
    officer = sign_in(Role.SITE_OFFICER, site=job.site)
    assert "signed-test" not in officer.get(f"/backups/{job.id}").text
    assert officer.post(f"/backups/{job.id}/signed-test", data=said()).status_code == 403
    elsewhere = sign_in(Role.ENGINEER, site=factories.site())
    assert elsewhere.post(f"/backups/{job.id}/signed-test", data=said()).status_code == 404
