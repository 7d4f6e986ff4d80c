"""A place is heard again while some that fell are not: it is over, and each of these is told of."""

from datetime import timedelta

from sqlalchemy import update

from itops.db import db
from itops.errors import Message
from itops.i18n import say
from itops.models import AlertStatus, HostState, Role
from tests import factories
from tests.services.alerting.test_fallen import NIGHT, farewell, pcs, servers, standing, watch
from tests.services.alerting.world import MINUTE, alerts

#: Half past eight in the hospital.
MORNING = NIGHT + timedelta(hours=6, minutes=30)
LEFT = "It is heard again, but 10 machines are still silent"


def fallen_then_others(site):
    """Let ten fall at night, two servers among them, and fifteen others switch on at seven."""
    others = pcs(15, site, at=NIGHT - timedelta(hours=8))
    farewell(others, NIGHT - timedelta(hours=8))
    fell = [*pcs(8, site), *servers(2, site, None)]
    watch(NIGHT, 10)
    [cause] = [one for one in standing() if one.status is AlertStatus.OPEN]
    ids = [one.id for one in others]
    on = update(HostState).where(HostState.host_id.in_(ids))
    db.session.execute(on.values(farewell_at=None))
    watch(NIGHT + 10 * MINUTE, 5, heard=others)
    return cause, fell, others


def test_others_that_switch_on_end_it_and_it_says_how_many_are_silent_still(app):
    cause, _, _ = fallen_then_others(factories.site())
    assert cause.status is AlertStatus.RESOLVED
    assert say(Message.from_json(cause.message), "en") == LEFT


def test_each_server_of_it_is_told_of_by_itself_then(app):
    _, fell, others = fallen_then_others(factories.site())
    watch(NIGHT + 15 * MINUTE, 15, heard=others)
    found = {one.host_id: (one.status, one.cause_id) for one in standing()}
    assert found == {one.id: (AlertStatus.OPEN, None) for one in fell[8:]}


def test_each_workstation_of_it_is_missed_when_its_hours_begin(app):
    _, fell, others = fallen_then_others(factories.site())
    watch(MORNING, 40, heard=others)
    found = {one.host_id: (one.status, one.cause_id) for one in standing()}
    assert found == {one.id: (AlertStatus.OPEN, None) for one in fell}


def test_the_page_of_what_is_over_lists_who_is_silent_still(sign_in):
    cause, fell, _ = fallen_then_others(factories.site())
    page = sign_in(Role.ENGINEER).get(f"/alerts/{cause.id}").text
    assert LEFT in page
    part = page[page.index('id="machines"') :].partition("</section>")[0]
    assert all(f">{one.name}<" in part for one in fell)


def test_when_all_are_heard_nothing_of_it_is_left(app):
    site = factories.site()
    hosts = pcs(10, site)
    watch(NIGHT, 10)
    watch(NIGHT + 10 * MINUTE, 5, heard=hosts)
    [alert] = alerts()
    assert alert.message["key"] == "alert.fell_together"
