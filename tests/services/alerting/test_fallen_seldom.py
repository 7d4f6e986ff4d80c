"""A place whose machines report every ten minutes, or each as it likes, falls as others do."""

import pytest

from itops.db import db
from itops.models import HostState
from itops.services.intake.verdicts import INTERVALS_TO_SILENCE
from tests import factories
from tests.services.alerting.test_fallen import NIGHT, pcs, standing, watch
from tests.services.alerting.world import MINUTE, alerts


def reporting(count, site, interval, *, at=NIGHT):
    """Let so many workstations report so seldom, each at a time of its own, until `at`."""
    believe(pcs(count, site, at=at - interval, apart=interval / count), interval)


def believe(hosts, interval):
    """Let the last word of each be good for as long as its interval says."""
    for host in hosts:
        state = db.session.get_one(HostState, host.id)
        assert state.last_seen_at is not None
        state.stale_at = state.last_seen_at + INTERVALS_TO_SILENCE * interval
    db.session.commit()


@pytest.mark.parametrize("minutes", [1, 10, 60])
def test_the_power_of_a_place_fails_however_seldom_its_machines_report(app, minutes):
    site, interval = factories.site(), minutes * MINUTE
    reporting(20, site, interval)
    watch(NIGHT - interval, 4 * minutes + 10)
    [alert] = standing()
    assert alert.subject == f"site:{site.id}"
    assert alert.message["params"]["total"] == 20


def test_those_that_report_seldom_are_waited_for(app):
    site = factories.site()
    reporting(6, site, MINUTE)
    reporting(6, site, 10 * MINUTE)
    watch(NIGHT, 15)
    assert alerts() == []
    watch(NIGHT + 15 * MINUTE, 25)
    [alert] = standing()
    assert alert.message["params"] == {"silent": 12, "total": 12, "n": 10}


def test_switched_off_one_by_one_they_are_no_place_that_fell(app):
    site = factories.site()
    believe(pcs(40, site, apart=3 * MINUTE), 10 * MINUTE)
    watch(NIGHT, 180)
    assert alerts() == []


def test_who_fell_half_an_hour_before_is_not_of_the_same_moment(app):
    """Who reports each minute is held to its five, whoever else stands there."""
    site = factories.site()
    pcs(4, site, at=NIGHT - 40 * MINUTE)
    reporting(4, site, 10 * MINUTE)
    watch(NIGHT, 45)
    assert alerts() == []
