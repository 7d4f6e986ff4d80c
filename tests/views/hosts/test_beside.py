"""What a host's page links to: its alerts, their tickets, other tickets, what runs on it."""

import re

from itops.checks.base import State
from itops.clock import utcnow
from itops.db import db
from itops.models import AlertStatus, Role
from tests import factories
from tests.services.alerting.world import trouble
from tests.views.hosts.test_health import health


def beside_of(page):
    """Return the part of a host's page that links to what else is known of it."""
    return page[page.index('id="beside"') :].partition("</section>")[0]


def test_its_alerts_their_tickets_and_what_runs_on_it_are_links(sign_in):
    at = utcnow()
    host = factories.host(asset=factories.asset(), state=health())
    own = host.asset_id
    alert = trouble(f"host:{host.id}", host_id=host.id, asset_id=own, at=at)
    quiet = trouble("check:1", State.WARNING, asset_id=own, at=at)
    over = trouble("check:2", asset_id=own, at=at)
    over.move_to(AlertStatus.RESOLVED, at=at)
    opened = factories.ticket(asset_id=host.asset_id, alert_id=alert.id, what="software")
    other = factories.ticket(asset_id=host.asset_id, title="鼠标坏了")
    solved = factories.ticket(asset_id=host.asset_id)
    solved.is_open = False
    runs, former = factories.module(code="LIS"), factories.module(code="OLD", is_in_use=False)
    for module in (runs, former):
        factories.dependency(module, host.asset)
    db.session.commit()
    part = beside_of(sign_in(Role.ENGINEER).get(f"/hosts/{host.id}").text)
    links = set(re.findall(r'href="(/[^"]+)"', part))
    assert links == {
        f"/alerts/{alert.id}",
        f"/alerts/{quiet.id}",
        f"/tickets/{opened.id}",
        f"/tickets/{other.id}",
        f"/modules/{runs.id}",
    }
    assert f"/tickets/{solved.id}" not in links
    assert f"Ticket #{opened.id} Clinical system" in part
    assert part.count(f"/tickets/{opened.id}") == 1


def test_of_more_than_stand_there_it_is_said_and_where_they_are(sign_in):
    at, host = utcnow(), factories.host(asset=factories.asset(), state=health())
    own = host.asset_id
    alerts = [trouble(f"check:{n}", asset_id=own, at=at) for n in range(8)]
    others = [factories.ticket(asset_id=own) for _ in range(8)]
    for alert in alerts:
        factories.ticket(asset_id=own, alert_id=alert.id)
    for number in range(8):
        factories.dependency(factories.module(code=f"M-{number}"), host.asset)
    db.session.commit()
    head = sign_in(Role.HEAD)
    part = beside_of(head.get(f"/hosts/{host.id}").text)
    assert all(f'"/tickets/{one.id}"' in part for one in others)
    assert "more" not in part
    assert "others that" not in part
    trouble("check:99", asset_id=own, at=at)
    factories.ticket(asset_id=own)
    factories.dependency(factories.module(code="Z"), host.asset)
    db.session.commit()
    part = beside_of(head.get(f"/hosts/{host.id}").text)
    assert 'href="/alerts">There are more alerts than these' in part
    assert f'href="/tickets?asset={own}">There are more open tickets' in part
    assert "and others that don" in part
    assert len(re.findall(r'href="/alerts/\d+"', part)) == 8
    assert len(re.findall(r'href="/modules/\d+"', part)) == 8


def test_where_nothing_is_known_beside_a_machine_the_page_says_so(sign_in):
    host = factories.host(state=health())
    assert "No alert, no open ticket" in beside_of(sign_in(Role.HEAD).get(f"/hosts/{host.id}").text)


def test_who_sees_no_alerts_meets_no_link_to_one(sign_in):
    host = factories.host(asset=factories.asset(), state=health())
    alert = trouble(f"host:{host.id}", host_id=host.id, at=utcnow())
    ticket = factories.ticket(asset_id=host.asset_id, alert_id=alert.id)
    db.session.commit()
    part = beside_of(sign_in(Role.INSPECTOR).get(f"/hosts/{host.id}").text)
    assert re.findall(r'href="(/[^"]+)"', part) == [f"/tickets/{ticket.id}"]


def test_who_sees_no_alerts_is_not_told_that_there_is_none(sign_in):
    host = factories.host(asset=factories.asset(), state=health())
    trouble(f"host:{host.id}", host_id=host.id, at=utcnow())
    db.session.commit()
    part = beside_of(sign_in(Role.INSPECTOR).get(f"/hosts/{host.id}").text)
    assert "No alert" not in part
    assert "nothing that your role sees" in part
