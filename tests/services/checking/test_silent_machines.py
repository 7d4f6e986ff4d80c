"""Machines where nobody answers wait for each other, and delay nobody else."""

import pytest

from itops.checks.base import State
from itops.clock import utcnow
from itops.db import db
from itops.models import Alert
from tests import factories
from tests.bench.checks import DEAD, stay_silent
from tests.services.checking.conftest import carried_out, wait_until, working

pytestmark = pytest.mark.slow


def due_again(*checks) -> None:
    at = utcnow()
    for check in checks:
        check.due_at = at
    db.session.commit()


def test_the_dead_have_a_lane_of_their_own_until_they_answer(app, port):
    asset = factories.asset()
    live = [factories.check(asset=asset, params={"port": port}) for _ in range(40)]
    silent = {"port": stay_silent(), "timeout_seconds": 2.0}
    dead = [factories.check(asset=asset, address=DEAD, params=silent) for _ in range(20)]
    due_again(*live, *dead)
    carried_out(app, *live, *dead)
    assert {check.is_answering for check in live} == {True}
    assert {check.is_answering for check in dead} == {False}
    assert {check.state for check in dead} <= {State.UNKNOWN, State.CRITICAL}

    due_again(*dead, *live)
    carried_out(app, *live)
    assert max(check.late_seconds for check in live) < 5

    revived = dead[0]
    revived.address, revived.params = "127.0.0.1", {"port": port}
    due_again(revived)
    carried_out(app, revived)
    assert revived.is_answering
    assert revived.state is State.OK


def test_a_machine_that_does_not_answer_is_one_episode_of_its_own_rule(app):
    silent = {"port": stay_silent(), "timeout_seconds": 1.0}
    check = factories.check(address=DEAD, params=silent, hard_after=1, retry_seconds=15)
    due_again(check)
    carried_out(app, check)
    due_again(check)
    carried_out(app, check)
    with working(app):
        wait_until(lambda: db.session.query(Alert).count() == 1)
    assert db.session.query(Alert).one().rule == "ping"
