"""A fallen place explains what is silent there, and hushes nothing that is still heard."""

import pytest

from itops.checks.base import Finding, State
from itops.errors import Message
from itops.models import AlertStatus, Criticality
from itops.services.alerting.signals import Signal, signal_all
from itops.services.alerting.subjects import of_module
from tests import factories
from tests.services.alerting.test_fallen import NIGHT, pcs, standing, watch
from tests.services.alerting.world import (
    MINUTE,
    engineer,
    finding,
    look,
    machine,
    mail_channel,
    messages,
    report,
    told,
)


@pytest.mark.parametrize("is_inside", [True, False])
def test_a_machine_that_lives_is_told_of_whatever_fell_around_it(app, is_inside):
    told(mail_channel(), engineer(), from_state=State.WARNING)
    site = factories.site()
    child = factories.site(parent=site)
    pcs(20, site)
    server = machine(NIGHT, site=site if is_inside else child)
    watch(minutes=8, heard=[server])
    before = len(messages())
    for minute in range(8, 14):
        at = NIGHT + minute * MINUTE
        report(server, at, finding(State.CRITICAL))
        look(at)
    (alert,) = [one for one in standing() if one.host_id == server.id]
    assert (alert.status, alert.cause_id) == (AlertStatus.OPEN, None)
    assert len(messages()) == before + 1


def test_what_was_open_of_a_machine_that_lives_stays_open_when_its_place_falls(app):
    site = factories.site()
    server = machine(NIGHT, site=site)
    pcs(20, site, at=NIGHT + 5 * MINUTE)
    for minute in range(16):
        at = NIGHT + minute * MINUTE
        report(server, at, finding(State.CRITICAL))
        look(at)
    (alert,) = [one for one in standing() if one.host_id == server.id]
    assert {one.subject for one in standing()} == {f"host:{server.id}", f"site:{site.id}"}
    assert (alert.status, alert.cause_id) == (AlertStatus.OPEN, None)


@pytest.mark.parametrize("is_heard", [True, False, None])
def test_a_module_is_lost_with_its_place_only_where_its_machine_is(app, is_heard):
    """None: nobody wrote down where it runs."""
    site = factories.site()
    module = factories.module(site=site, criticality=Criticality.LIFE)
    server = machine(NIGHT, site=site, asset=factories.asset(site=site))
    if is_heard is not None:
        factories.dependency(module, server.asset)
    pcs(20, site)
    down = Finding("module", State.CRITICAL, Message("host_state.silent"))
    for minute in range(12):
        at = NIGHT + minute * MINUTE
        if is_heard:
            report(server, at)
        look(at)
        if minute >= 8:
            signal_all([Signal(of_module(module), "module", down, None)], at=at)
    (alert,) = [one for one in standing() if one.module_id == module.id]
    assert (alert.cause is not None) == (is_heard is False)
