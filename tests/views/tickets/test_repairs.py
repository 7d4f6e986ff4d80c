"""A ticket becomes a work order once, and once more if that was cancelled."""

import pytest
from sqlalchemy import select

from itops.db import db
from itops.models import Role, Ticket, WorkOrder
from tests import factories


@pytest.fixture
def engineer(sign_in):
    return sign_in(Role.ENGINEER)


def ask_for_order(client, ticket):
    """Ask for a work order of the ticket as it is now; return the ticket after that."""
    version = db.session.get_one(Ticket, ticket.id).version
    client.post(f"/tickets/{ticket.id}/order", data={"version": version})
    db.session.expire_all()
    return db.session.get_one(Ticket, ticket.id)


def test_a_ticket_asked_twice_for_a_work_order_has_one(engineer):
    ticket = factories.ticket(asset_id=factories.asset(tag="PC-7").id)
    for _ in range(2):
        ticket = ask_for_order(engineer, ticket)
    order = db.session.scalars(select(WorkOrder)).one()
    assert ticket.order_id == order.id
    assert "PC-7" in order.name
    assert order.number in engineer.get(f"/tickets/{ticket.id}").text


def test_a_ticket_whose_work_order_was_cancelled_says_so_and_can_have_another(engineer):
    ticket = factories.ticket()
    ask_for_order(engineer, ticket)
    first = db.session.scalars(select(WorkOrder)).one()
    given = {"version": first.version, "to": "cancelled", "reason": "借到备机"}
    engineer.post(f"/maintenance/orders/{first.id}/move", data=given)
    page = engineer.get(f"/tickets/{ticket.id}").text
    assert f"work order {first.number} was cancelled" in page
    assert "· cancelled 借到备机" in page
    assert "Make a work order" in page
    second = ask_for_order(engineer, ticket).order
    assert second.id != first.id
    assert "Make a work order" not in engineer.get(f"/tickets/{ticket.id}").text
