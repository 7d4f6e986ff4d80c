"""Time limits: who sets them, what is understood, and from when they hold."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from itops.db import db
from itops.models import AuditEntry, Role, ServiceTime, TicketTarget, Urgency
from itops.services.tickets import limit_facts
from tests import factories


@pytest.fixture
def head(sign_in):
    return sign_in(Role.HEAD)


def present():
    db.session.expire_all()
    return limit_facts.typed_of()


def test_a_limit_that_is_set_holds_for_what_is_opened_then(head):
    assert head.post("/tickets/limits", data=present() | {"response_2": "5"}).status_code == 303
    db.session.expire_all()
    ticket = factories.ticket(urgency=Urgency.NOW)
    assert ticket.response_due_at == ticket.opened_at + timedelta(minutes=5)
    assert [entry.action for entry in db.session.scalars(select(AuditEntry))] == [
        "ticket_target.set"
    ]


def test_hours_are_read_as_people_write_them(head):
    given = {
        "days": "1、2，3",
        "spans": "8:00-12:00，14:00–18:00",
        "days_off": "2027/1/1\n2027年2月8日",
    }
    assert head.post("/tickets/limits", data=present() | given).status_code == 303
    db.session.expire_all()
    row = db.session.scalars(select(ServiceTime)).one()
    assert row.days == [0, 1, 2]
    assert row.spans == [["08:00", "12:00"], ["14:00", "18:00"]]
    assert row.days_off == ["2027-01-01", "2027-02-08"]


@pytest.mark.parametrize(
    "wrong",
    [
        *(
            {"response_1": text}
            for text in ("", "0", "-1", "x", "99999999999", "000000015" + "9" * 20, "1.5")
        ),
        {"response_1": "60", "resolution_1": "30"},
        *({"days": text} for text in ("", "8", "Monday", "0")),
        *(
            {"spans": text}
            for text in ("", "12:00-08:00", "08:00-25:00", "08:00-12:00,11:00-13:00")
        ),
        {"days_off": "yesterday"},
    ],
)
def test_what_makes_no_sense_is_refused_and_changes_nothing(head, wrong):
    before = present()
    assert head.post("/tickets/limits", data=before | wrong).status_code == 400
    assert present() == before


@pytest.mark.parametrize("role", sorted(set(Role) - {Role.HEAD}))
def test_only_a_head_sets_them(role, sign_in):
    given = present()
    assert sign_in(role).post("/tickets/limits", data=given).status_code == 403
    assert len(list(db.session.scalars(select(TicketTarget)))) == 4


def test_a_head_of_one_site_does_not_set_them_for_all(sign_in):
    given = present()
    head = sign_in(Role.HEAD, site=factories.site())
    assert head.post("/tickets/limits", data=given).status_code == 403
