"""A person's word: every question answered, a photo where it must be, and somebody else signs."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from itops.clock import utcnow
from itops.db import db
from itops.errors import Conflict, Invalid, Refused
from itops.models import ProvenBy, Role, WorkOrderItem, WorkStatus
from itops.services import attachments
from itops.services.maintenance import attesting, signing
from itops.services.maintenance.attesting import Claim
from itops.services.maintenance.checklists import Asks, Question
from itops.services.maintenance.days import Now
from tests import factories
from tests.auth.changes_of_leave import handed
from tests.services.maintenance.planned import ZONE, actor, at, order, records
from tests.views.maintenance.forms import png

ASKED = (
    Question(key="q1", kind=Asks.READING, text="温度", unit="°C", low=15, high=30),
    Question(key="q2", kind=Asks.YES_NO, text="没有报警"),
    Question(key="q3", kind=Asks.SIGNATURE, text="签字"),
)


def test_dust_cleaning_needs_a_photo_also_where_no_question_asks_for_one(app):
    made = order(evidence_rule="attested_photo")
    with pytest.raises(Invalid) as refused:
        attesting.attest(made, None, Claim({}), by=actor(), now=at())
    assert [one.field for one in refused.value.fields] == ["photos"]
    photo = attachments.examine(png(), "前.png")
    attesting.attest(made, None, Claim({}, {"photos": [photo]}), by=actor(), now=at())
    assert (made.status, made.proof) == (WorkStatus.DONE, ProvenBy.PERSON)


def test_a_document_is_no_photo(app):
    made = order(evidence_rule="attested_photo")
    paper = attachments.examine(b"%PDF-1.4\n%%EOF\n", "a.pdf")
    with pytest.raises(Invalid):
        attesting.attest(made, None, Claim({}, {"photos": [paper]}), by=actor(), now=at())


def test_a_reading_out_of_range_is_said_and_kept(app):
    made = order(*ASKED)
    typed = {"q1": "３１.５", "q2": "no", "q3": "李 建国", "remark": "空调滤网堵"}
    kept = attesting.attest(made, None, Claim(typed), by=actor(), now=at())
    assert kept.message == {"key": "evidence.attested_with", "params": {"name": "李建国", "n": 2}}
    assert [(one["value"], one["is_bad"]) for one in kept.facts["answers"]] == [
        (31.5, True),
        (False, True),
        ("李建国", False),
    ]


@pytest.mark.parametrize(
    ("typed", "wrong"),
    [
        ({}, {"q1", "q2", "q3"}),
        ({"q1": "warm", "q2": "maybe", "q3": "张主任"}, {"q1", "q2", "q3"}),
        ({"q1": "NaN", "q2": "yes", "q3": "李建国"}, {"q1"}),
        ({"q1": "1e999", "q2": "yes", "q3": "李建国"}, {"q1"}),
        ({"q1": "99999999999999999999", "q2": "yes", "q3": "李建国"}, {"q1"}),
        ({"q1": "21", "q2": "yes", "q3": ""}, {"q3"}),
        ({"q1": "21", "q2": "no", "q3": "李建国"}, {"remark"}),
        ({"q1": "35", "q2": "yes", "q3": "李建国", "remark": " "}, {"remark"}),
    ],
)
def test_what_is_not_an_answer_names_its_question_and_changes_nothing(typed, wrong, app):
    made = order(*ASKED)
    with pytest.raises(Invalid) as refused:
        attesting.attest(made, None, Claim(typed), by=actor(), now=at())
    assert {one.field for one in refused.value.fields} == wrong
    assert made.status is WorkStatus.OPEN
    assert records(made) == []


@pytest.mark.both_databases
def test_a_form_that_is_sent_twice_makes_one_thing(any_app):
    made = order(assets=[factories.asset(), factories.asset()])
    item = db.session.scalars(select(WorkOrderItem).order_by(WorkOrderItem.id)).first()
    attesting.attest(made, item, Claim({}), by=actor(), now=at())
    with pytest.raises(Conflict):
        attesting.attest(made, item, Claim({}), by=actor(), now=at())
    whole = order()
    attesting.attest(whole, None, Claim({}, version=whole.version), by=actor(), now=at())
    with pytest.raises(Conflict):
        attesting.attest(whole, None, Claim({}, version=1), by=actor(), now=at())
    assert len(records(made)) == len(records(whole)) == 1


def test_an_order_of_many_machines_is_done_when_each_is_done_or_left_out_with_a_reason(app):
    made = order(assets=[factories.asset(), factories.asset()])
    first, second = db.session.scalars(select(WorkOrderItem).order_by(WorkOrderItem.id))
    with pytest.raises(Refused, match="has_items"):
        attesting.attest(made, None, Claim({}), by=actor(), now=at())
    attesting.attest(made, first, Claim({}), by=actor(), now=at())
    assert made.status is WorkStatus.IN_PROGRESS
    with pytest.raises(Invalid):
        attesting.skip(made, second, "", by=actor(), now=at())
    attesting.skip(made, second, "送修中", by=actor(), now=at())
    assert (made.status, made.proof) == (WorkStatus.DONE, ProvenBy.PERSON)


def test_work_that_needs_a_signature_is_signed_by_somebody_else_or_sent_back(app):
    made = order(needs_sign_off=True)
    attesting.attest(made, None, Claim({}), by=actor(), now=at())
    assert made.status == WorkStatus.TO_SIGN.value
    assert made.status is WorkStatus.TO_SIGN
    head = actor("张主任")
    given: dict[str, Any] = {"remark": "", "version": made.version, "now": at()}
    with pytest.raises(Refused, match="sign_own_work"):
        signing.sign_off(made, typed="李建国", by=actor(), **given)
    with pytest.raises(Invalid, match="sign_own_name"):
        signing.sign_off(made, typed="李建国", by=head, **given)
    signing.send_back(made, reason="滤网没有清", version=made.version, by=head, now=at())
    assert (made.status, made.done_on, made.proof) == (WorkStatus.IN_PROGRESS, None, None)
    attesting.attest(made, None, Claim({}), by=actor(), now=at(hour=11))
    signing.sign_off(made, typed="张主任", by=head, **given | {"version": made.version})
    assert str(made.status) == "done"


def test_who_stands_in_signs_nothing_of_the_person_on_leave(app):
    """Neither by the role that was handed over nor by their own: it would be one hand, not two."""
    ill = factories.user(role=Role.ENGINEER, name="李建国")
    other = factories.user(role=Role.HEAD, name="张主任")
    handed(ill, other)
    made = order(needs_sign_off=True)
    attesting.attest(made, None, Claim({}), by=actor("李建国", ill.id), now=at())
    given: dict[str, Any] = {"remark": "", "version": made.version}
    head, now = actor("张主任", other.id), Now(utcnow(), ZONE)
    assert not signing.may_sign(made, head, at=now.at)
    with pytest.raises(Refused, match="sign_own_work"):
        signing.sign_off(made, typed="张主任", by=head, now=now, **given)
    over = Now(now.at + timedelta(days=4), ZONE)
    signing.sign_off(made, typed="张主任", by=head, now=over, **given)
    assert made.status is WorkStatus.DONE


def test_who_left_machines_out_does_not_sign_that_the_work_is_done(app):
    made = order(assets=[factories.asset(), factories.asset()], needs_sign_off=True)
    mine = factories.user(name="李建国")
    me = actor(key=mine.id)
    for item in db.session.scalars(select(WorkOrderItem)):
        attesting.skip(made, item, "没有时间", by=me, now=at())
    assert made.status is WorkStatus.TO_SIGN
    with pytest.raises(Refused, match="sign_own_work"):
        signing.sign_off(made, typed=me.name, remark="", version=made.version, by=me, now=at())
    head = actor("张主任")
    signing.send_back(made, reason="都要做", version=made.version, by=head, now=at())
    left = db.session.scalars(select(WorkOrderItem).where(WorkOrderItem.skipped == "")).all()
    assert len(left) == 2
    for item in left:
        attesting.attest(made, item, Claim({}), by=me, now=at(hour=11))
    assert str(made.status) == "to_sign"


def test_clearing_up_a_dispute_makes_nothing_done_that_was_left_out(app):
    made = order(assets=[factories.asset(), factories.asset()])
    done, left = db.session.scalars(select(WorkOrderItem).order_by(WorkOrderItem.id))
    attesting.skip(made, left, "送修中", by=actor(), now=at())
    attesting.attest(made, done, Claim({}), by=actor(), now=at())
    done.done_at = done.proof = None
    made.status, made.is_disputed = WorkStatus.IN_PROGRESS, True
    db.session.flush()
    head = actor("张主任")
    signing.clear_up(made, reason="看过", version=made.version, by=head, now=at(hour=11))
    db.session.refresh(left)
    assert (left.done_at, left.skipped) == (None, "送修中")
