"""A "no" on a checklist: it needs words, whoever signs reads them, one press makes a ticket."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, text

from itops.auth.scopes import Reach
from itops.db import db
from itops.models import Role, Ticket, TicketSource, WorkOrder, WorkOrderItem, WorkStatus
from itops.services.maintenance import attesting, findings, signing
from itops.services.maintenance.attesting import Claim
from itops.services.maintenance.checklists import Asks, Question
from itops.services.maintenance.order_list import Shelf, Wanted, page
from itops.services.scoping import EVERYWHERE
from itops.services.tickets.from_findings import open_from_finding
from tests import factories
from tests.services.maintenance.planned import TODAY, actor, at, order, plan, records

BACKUP = Question(key="q1", kind=Asks.YES_NO, text="昨晚备份成功", text_en="Last night's backup")
HEAT = Question(
    key="q2", kind=Asks.READING, text="温度", text_en="Heat", unit="°C", low=15, high=30
)
WRONG = {"q1": "no", "q2": "21", "remark": "备份盘满，已腾出空间"}


@pytest.fixture
def engineer(sign_in):
    return sign_in(Role.ENGINEER, name="李建国")


def found(**given) -> WorkOrder:
    """Return an order that somebody did, with a finding."""
    made = order(BACKUP, HEAT, **given)
    attesting.attest(made, None, Claim(WRONG), by=actor(), now=at())
    db.session.commit()
    return made


def test_a_no_without_words_is_refused_where_the_words_belong(engineer):
    made = order(BACKUP, HEAT)
    path = f"/maintenance/orders/{made.id}"
    assert "Needed where you answered “No”" in engineer.get(path).text
    data = {"version": made.version, "q1": "no", "q2": "21"}
    refused = engineer.post(f"{path}/done", data=data)
    assert refused.status_code == 400
    assert '<a href="#remark">What was found</a>' in refused.text
    assert 'id="remark-error"' in refused.text
    engineer.post(f"{path}/done", data=data | {"remark": "备份盘满"})
    page = engineer.get(path).text
    assert "Done, with a finding" in page
    assert "备份盘满" in page.partition('id="findings"')[2]
    assert "Last night&#39;s backup" in page.partition('id="findings"')[2]


@pytest.mark.parametrize("remark", ["", "满" * 1001])
def test_answers_and_words_that_are_wrong_are_told_at_once(engineer, remark):
    made = order(BACKUP, HEAT)
    data = {"version": made.version, "q1": "no", "q2": "warm", "remark": remark}
    refused = engineer.post(f"/maintenance/orders/{made.id}/done", data=data)
    assert refused.status_code == 400
    for field, label in (("q2", "Heat"), ("remark", "What was found")):
        assert f'<a href="#{field}">{label}' in refused.text
        assert f'id="{field}-error"' in refused.text
    assert records(made) == []


def test_what_can_only_be_written_about_asks_for_no_second_text(engineer):
    made = order(Question(key="q1", kind=Asks.NOTE, text="做了什么"))
    assert 'name="remark"' not in engineer.get(f"/maintenance/orders/{made.id}").text


def test_the_words_stand_before_the_signature_and_on_paper_too(engineer):
    signed = Question(key="q3", kind=Asks.SIGNATURE, text="签字", text_en="Signature")
    page = engineer.get(f"/maintenance/orders/{order(BACKUP, signed).id}").text
    assert 0 < page.index('id="remark"') < page.index('id="q3"')
    assert page.count('id="remark"') == 1
    paper = page.partition('class="in paper"')[2].partition("</div>")[0]
    assert "What was found" in paper


def test_who_signs_reads_what_was_found_above_the_line_for_the_name(sign_in):
    made = found(needs_sign_off=True)
    page = sign_in(Role.HEAD).get(f"/maintenance/orders/{made.id}").text
    above = page.partition('id="sign"')[2].partition('name="signature"')[0]
    assert "You also sign for 1 finding" in above
    assert "备份盘满" in above
    assert "To be signed, with a finding" in page


def test_one_press_makes_a_ticket_and_the_second_shows_it(engineer):
    room = factories.location()
    asset = factories.asset(site=room.site, location=room)
    made = found(asset=asset, site=asset.site)
    evidence = records(made)[0]
    path = f"/maintenance/orders/{made.id}"
    press = f"{path}/findings/{evidence.id}/ticket"
    assert f'action="{press}"' in engineer.get(path).text
    first, second = engineer.post(press), engineer.post(press)
    ticket = db.session.scalars(select(Ticket)).one()
    assert first.location == second.location == f"/tickets/{ticket.id}"
    assert (ticket.asset_id, ticket.location_id) == (asset.id, room.id)
    assert (ticket.title, ticket.source) == (WRONG["remark"], TicketSource.ORDER)
    there = engineer.get(f"/tickets/{ticket.id}").text
    assert f'<a href="{path}">{made.number}</a>' in there
    assert "Last night&#39;s backup" in there
    assert "Found by 李建国 during a work order" in there
    assert f"/tickets/{ticket.id}/order" in there
    here = engineer.get(path).text
    assert f'<a href="/tickets/{ticket.id}">#{ticket.id}</a>' in here
    assert press not in here


def test_a_ticket_that_went_elsewhere_keeps_the_order_s_name_for_who_may_see_it(sign_in):
    asset = factories.asset()
    made = found(asset=asset, site=asset.site, name="院长办公室巡检")
    given: dict[str, Any] = {"within": EVERYWHERE, "by": actor(), "at": at().at}
    ticket = open_from_finding(made, records(made)[0], **given)
    ticket.site, ticket.asset_id = factories.site(), None
    db.session.commit()
    here, path = f"/maintenance/orders/{made.id}", f"/tickets/{ticket.id}"
    far = sign_in(Role.SITE_OFFICER, site=ticket.site)
    assert far.get(here).status_code == 404
    there = far.get(path).text
    assert ("院长办公室" in there, here in there) == (False, False)
    assert "Last night&#39;s backup" in there
    both = sign_in(Role.ENGINEER).get(path).text
    assert f'<a href="{here}">{made.number}</a> 院长办公室巡检' in both
    near = sign_in(Role.SITE_OFFICER, site=made.site).get(here).text
    assert (f"#{ticket.id}" in near, path in near) == (True, False)


def test_a_ticket_of_a_finding_can_still_become_a_repair_of_its_own(engineer):
    made = found()
    engineer.post(f"/maintenance/orders/{made.id}/findings/{records(made)[0].id}/ticket")
    ticket = db.session.scalars(select(Ticket)).one()
    engineer.post(f"/tickets/{ticket.id}/order", data={"version": ticket.version})
    db.session.refresh(ticket)
    assert ticket.order_id not in {None, made.id}


def test_what_is_no_finding_of_this_order_makes_no_ticket(engineer):
    clean, other = order(BACKUP), found()
    kept = attesting.attest(clean, None, Claim({"q1": "yes"}), by=actor(), now=at())
    for evidence in (kept, records(other)[0]):
        path = f"/maintenance/orders/{clean.id}/findings/{evidence.id}/ticket"
        assert engineer.post(path).status_code == 404
    assert db.session.scalar(select(func.count()).select_from(Ticket)) == 0


def test_findings_stand_in_the_list_on_the_plan_and_in_the_month(sign_in):
    made = found(plan=(kept := plan()), site=kept.site)
    order(BACKUP, name="没有问题的", site=kept.site)
    head = sign_in(Role.HEAD)
    listed = head.get("/maintenance?shelf=found").text
    assert made.number in listed
    assert "Done, with a finding" in listed
    assert "没有问题的" not in listed
    assert "Done, with a finding" in head.get(f"/maintenance/plans/{kept.id}").text
    assert "/month/2026-11/rows/orders_found" in head.get("/month/2026-11").text
    assert made.number in head.get("/month/2026-11/rows/orders_found").text


@pytest.mark.both_databases
def test_the_shelf_of_findings_reads_an_index_of_them(any_app):
    made = found()
    place = made.site
    for number in range(300):
        clean = order(BACKUP, site=place, due_on=TODAY + timedelta(number))
        attesting.attest(clean, None, Claim({"q1": "yes"}), by=actor(), now=at())
    is_sqlite = db.engine.dialect.name == "sqlite"
    if not is_sqlite:  # so small a table is read as a whole, if it may be
        db.session.execute(text("SET LOCAL enable_seqscan = off"))
    how = "EXPLAIN QUERY PLAN" if is_sqlite else "EXPLAIN"
    wanted = select(WorkOrder.id).where(Shelf.FOUND.holds(TODAY)).order_by(WorkOrder.due_on.desc())
    said = str(wanted.limit(51).compile(db.engine, compile_kwargs={"literal_binds": True}))
    plan_of_it = " ".join(map(str, db.session.execute(text(f"{how} {said}")).all()))
    assert "ix_evidence_finding" in plan_of_it
    assert "SCAN work_order" not in plan_of_it
    assert "ix_evidence_item_id" not in plan_of_it


@pytest.mark.both_databases
def test_the_last_word_on_a_piece_of_work_is_what_stands(any_app):
    made = order(BACKUP, needs_sign_off=True, assets=[factories.asset(), factories.asset()])
    items = db.session.scalars(select(WorkOrderItem).order_by(WorkOrderItem.id)).all()
    wrong, right = Claim({"q1": "no", "remark": "没有开机"}), Claim({"q1": "yes"})
    for item in items:
        attesting.attest(made, item, wrong, by=actor(), now=at())
    assert findings.counts([made.id], EVERYWHERE) == {made.id: 2}
    assert [one.remark for one in findings.of(made, EVERYWHERE)] == ["没有开机"] * 2
    head = actor("张主任")
    signing.send_back(made, reason="再看一次", version=made.version, by=head, now=at())
    attesting.attest(made, items[0], right, by=actor(), now=at(hour=10))
    left = findings.of(made, EVERYWHERE)
    assert [one.evidence.item_id for one in left] == [items[1].id]
    shelf = page(Wanted(Shelf.FOUND), within=EVERYWHERE, today=TODAY, after=None)
    assert [(one.order.id, one.findings) for one in shelf.lines] == [(made.id, 1)]
    evidence = left[0].evidence
    given: dict[str, Any] = {
        "within": Reach(everywhere=True, site_ids=frozenset(), department_ids=frozenset()),
        "by": actor(),
        "at": at().at,
    }
    tickets = [open_from_finding(made, evidence, **given) for _ in range(2)]
    assert tickets[0] is tickets[1]
    assert findings.of(made, EVERYWHERE)[0].ticket is tickets[0]
    assert made.status is WorkStatus.IN_PROGRESS


def test_a_device_that_went_elsewhere_takes_no_ticket_with_it(app):
    asset = factories.asset()
    made = found(asset=asset, site=asset.site)
    here = asset.site_id
    asset.site = factories.site()
    db.session.flush()
    within = Reach(everywhere=False, site_ids=frozenset({here}), department_ids=frozenset())
    given: dict[str, Any] = {"within": within, "by": actor(), "at": at().at}
    ticket = open_from_finding(made, records(made)[0], **given)
    assert (ticket.site_id, ticket.asset_id) == (here, None)


@pytest.mark.parametrize("is_near", [True, False])
def test_a_module_out_of_reach_is_not_named_in_the_ticket(sign_in, is_near):
    place = factories.site()
    module = factories.module(code="HIS", site=place if is_near else factories.site())
    made = found(module=module, site=place)
    officer = sign_in(Role.SITE_OFFICER, site=place)
    officer.post(f"/maintenance/orders/{made.id}/findings/{records(made)[0].id}/ticket")
    ticket = db.session.scalars(select(Ticket)).one()
    assert ticket.module is (module if is_near else None)
    assert ("HIS" in officer.get(f"/tickets/{ticket.id}").text) is is_near
