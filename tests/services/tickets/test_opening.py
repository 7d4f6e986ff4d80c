"""Opening tickets on both databases: once a tap, once an episode, with what was known then."""

import threading
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from itops.auth.scopes import Reach
from itops.checks.base import State
from itops.clock import utcnow
from itops.db import db
from itops.errors import Message
from itops.models import (
    Alert,
    AlertStatus,
    Impact,
    Ticket,
    TicketEvidence,
    TicketReport,
    TicketStatus,
    Urgency,
)
from itops.services.auditing import Actor
from itops.services.scoping import EVERYWHERE
from itops.services.tickets import closing, listing, merging, working
from itops.services.tickets.known_faults import Where, known_faults, me_too
from itops.services.tickets.listing import After, Wanted
from itops.services.tickets.opening import Opening, Reporter, open_from_alert, report
from tests import factories

pytestmark = pytest.mark.both_databases
BOSS = Actor(None, "王主任")


def counted(model):
    return db.session.scalars(select(func.count()).select_from(model)).one()


def an_alert(**given):
    at = utcnow()
    filled = {
        "subject": "host:1",
        "rule": "health",
        "open_key": "host:1 health",
        "status": AlertStatus.OPEN,
        "state": State.CRITICAL,
        "worst": State.CRITICAL,
        "subject_name": "LIS-SRV-01",
        "message": Message("host_state.silent").as_json(),
        "first_seen_at": at,
        "opened_at": at,
        "last_seen_at": at,
    }
    made = Alert(**filled | given)
    db.session.add(made)
    db.session.flush()
    return made


def test_an_episode_opens_one_ticket_and_the_next_episode_another(any_app):
    asset = factories.asset(name="服务器")
    alert = an_alert(asset_id=asset.id, site_id=asset.site_id)
    tickets = {open_from_alert(alert, at=utcnow()).id for _ in range(3)}
    assert len(tickets) == 1
    ticket = db.session.scalars(select(Ticket)).one()
    assert (ticket.title, ticket.urgency, ticket.people) == ("LIS-SRV-01", "now", 0)
    alert.open_key, alert.status = None, AlertStatus.RESOLVED
    open_from_alert(an_alert(site_id=asset.site_id), at=utcnow())
    assert counted(Ticket) == 2


def test_a_ticket_keeps_what_was_known_of_its_device(any_app):
    asset = factories.asset()
    finding = {"state": "critical", "message": Message("host_state.silent").as_json()}
    at = utcnow()
    state = {"state": State.CRITICAL, "last_seen_at": at, "stale_at": at + timedelta(hours=1)}
    host = factories.host(asset=asset, site=asset.site, state=state | {"findings": [finding]})
    an_alert(asset_id=asset.id, site_id=asset.site_id)
    ticket = factories.ticket(asset_id=asset.id, at=at)
    kept = db.session.get_one(TicketEvidence, ticket.id).document
    assert (kept["health"]["host"], kept["health"]["state"]) == (host.name, "critical")
    assert [one["state"] for one in kept["alerts"]] == ["critical"]
    assert kept["orders"] == []


def test_taps_at_the_same_moment_are_one_ticket(any_app):
    site_id = factories.site().id
    db.session.commit()
    together = threading.Barrier(4)
    found = []

    def tap():
        with any_app.app_context():
            together.wait(30)
            opening = Opening(site_id=site_id, urgency=Urgency.NOW)
            done = report(opening, Reporter(request_key="7" * 32), at=utcnow())
            found.append((done.ticket.id, done.is_new))
            db.session.commit()

    taps = [threading.Thread(target=tap) for _ in range(4)]
    for one in taps:
        one.start()
    for one in taps:
        one.join(60)
    assert sorted(is_new for _, is_new in found) == [False, False, False, True]
    assert len({number for number, _ in found}) == 1
    assert (counted(Ticket), counted(TicketReport)) == (1, 1)


def test_many_with_the_same_fault_raise_its_priority_and_no_version(any_app):
    ticket = factories.ticket(
        asset_id=factories.asset().id, urgency=Urgency.TODAY, reporter="0" * 32
    )
    asset, version = ticket.asset, ticket.version
    assert ticket.priority == 3
    where = Where(ticket.site_id, None, asset)
    for number in range(1, 10):
        assert known_faults(where) == [ticket]
        me_too(where, ticket.id, Reporter(request_key=f"{number:032x}"), at=utcnow())
    assert (ticket.people, ticket.impact, ticket.priority) == (10, Impact.HOSPITAL, 1)
    assert ticket.version == version


def test_the_queue_is_paged_by_key_within_reach(any_app):
    site = factories.site()
    for number in range(listing.PAGE + 7):
        at = factories.LONG_AGO + timedelta(minutes=number % 5)
        factories.ticket(site_id=site.id, urgency=list(Urgency)[number % 3], at=at)
    factories.ticket()
    within = Reach(everywhere=False, site_ids=frozenset({site.id}), department_ids=frozenset())
    at, after, seen = utcnow(), None, []
    while True:
        page = listing.page(Wanted(), within=within, at=at, language="en", after=after)
        seen += [(line.priority, line.next_due_at, line.id) for line in page.lines]
        if not page.has_next:
            break
        after = After(*seen[-1])
    assert len(seen) == listing.PAGE + 7
    assert seen == sorted(seen)


def test_a_ticket_is_found_by_words_of_all_who_wrote(any_app):
    ward = factories.department(name="呼吸内科")
    asset = factories.asset(tag="YJ-77", site=ward.site, department=ward)
    ticket = factories.ticket(asset_id=asset.id, text="卡纸", what="printer", reporter="5" * 32)
    factories.ticket()
    made = db.session.scalars(select(TicketReport)).one()
    made.name, made.phone = "张伟", "8312"
    db.session.flush()
    for typed in (
        "卡纸",
        "呼吸",
        "hxnk",
        "YJ-77",
        "张伟",
        "zw",
        "8312",
        "打印机",
        "printer",
        str(ticket.id),
    ):
        wanted = Wanted(q=typed)
        page = listing.page(wanted, within=EVERYWHERE, at=utcnow(), language="en")
        assert ticket.id in [line.id for line in page.lines], typed
    working.move(
        ticket, TicketStatus.RESOLVED, text="好", version=ticket.version, by=BOSS, at=utcnow()
    )
    page = listing.page(Wanted(q="卡纸"), within=EVERYWHERE, at=utcnow(), language="en")
    assert page.lines == []


def test_merged_people_are_counted_where_they_went(any_app):
    first, second = factories.ticket(reporter="1" * 32), factories.ticket(reporter="2" * 32)
    merging.merge(second, first, version=second.version, by=BOSS, at=utcnow())
    assert (first.people, second.status) == (2, TicketStatus.MERGED)
    assert {row.ticket_id for row in db.session.scalars(select(TicketReport))} == {first.id}


def test_what_was_solved_a_week_ago_closes_by_itself(any_app):
    old, fresh = factories.ticket(), factories.ticket()
    at = utcnow()
    for ticket, days in ((old, 8), (fresh, 6)):
        moment = at - timedelta(days=days)
        working.move(
            ticket, TicketStatus.RESOLVED, text="好", version=ticket.version, by=BOSS, at=moment
        )
    for _ in closing.close_solved(at, any_app.config["ITOPS"]):
        db.session.commit()
    assert (old.status, fresh.status) == (TicketStatus.CLOSED, TicketStatus.RESOLVED)
