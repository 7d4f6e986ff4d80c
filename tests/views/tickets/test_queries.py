"""A page of tickets asks the database no more for more rows."""

import pytest

from itops.clock import utcnow
from itops.db import db
from itops.models import Role
from itops.services.auditing import Actor
from itops.services.labels import codes as asset_labels
from itops.services.tickets.codes import follow_code
from tests import factories
from tests.queries import counted

KEY = "1" * 32
MOST = {"/tickets": 12, "/tickets?q=卡纸": 13, "/tickets?status=all": 12}


@pytest.fixture
def places(app):
    """The pages of one ticket, of a device in a room of a ward."""
    ward = factories.department()
    room = factories.location(site=ward.site)
    asset = factories.asset(site=ward.site, department=ward, location=room)
    ticket = factories.ticket(asset_id=asset.id, location_id=room.id, text="卡纸", reporter=KEY)
    code = asset_labels.codes_of([asset.id], by=Actor(None, ""), at=utcnow())[asset.id]
    db.session.commit()
    return [*MOST, f"/tickets/{ticket.id}", f"/q/{code}", f"/f/{follow_code(KEY)}"], asset


def test_a_page_takes_a_fixed_number_of_queries(places, sign_in):
    paths, asset = places
    engineer = sign_in(Role.ENGINEER)

    def queries(path):
        with counted() as statements:
            assert engineer.get(path).status_code == 200
        return len(statements)

    few = {path: queries(path) for path in paths}
    for number in range(2, 42):
        other = factories.asset(site=asset.site, department=factories.department(site=asset.site))
        factories.ticket(asset_id=other.id, text="卡纸", reporter=f"{number:032x}")
        factories.ticket(asset_id=asset.id, text="卡纸", reporter=f"{number + 100:032x}")
    assert {path: queries(path) for path in paths} == few
    for path, most in MOST.items():
        assert few[path] <= most, path
    assert max(few.values()) <= 28
