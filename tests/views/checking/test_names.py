"""A check has two names: each reader meets it by the one of their language, wherever it stands."""

import pytest

from itops.checks.base import Finding, State
from itops.clock import utcnow
from itops.config import Settings
from itops.db import db
from itops.errors import Message
from itops.models import Check, Role
from itops.services.alerting import subjects
from itops.services.alerting.signals import signal
from itops.services.modules.standing import note_states
from tests import factories
from tests.views.checking.test_checks import seen

LANGUAGES = [("en", "LIS port", "LIS 端口"), ("zh", "LIS 端口", "LIS port")]


@pytest.mark.parametrize(("language", "own", "other"), LANGUAGES)
def test_a_check_is_named_in_the_readers_language(app, sign_in, language, own, other):
    module = factories.module(code="X")
    check = factories.check(name="LIS 端口", name_en="LIS port", module=module, hard_after=1)
    seen(check, State.CRITICAL)
    finding = Finding("check", State.CRITICAL, Message("remote.port_closed", {}))
    alert = signal(subjects.of_check(check), "check", finding, at=utcnow())
    assert alert is not None
    for _ in note_states(utcnow(), Settings()):
        db.session.commit()
    db.session.commit()
    browser = sign_in(Role.ENGINEER)
    browser.post(f"/alerts/{alert.id}/silence", data={"length": "1h", "reason": "…"})
    addresses = (
        "/checks",
        f"/checks/{check.id}",
        "/alerts",
        f"/alerts/{alert.id}",
        "/alerts/quiets",
        f"/modules/{module.id}",
    )
    for address in addresses:
        page = browser.get(address, headers={"Accept-Language": language}).text
        assert own in page, address
        assert other not in page, address


def test_the_english_name_is_written_in_the_form_and_found_by(sign_in):
    browser, module = sign_in(Role.ENGINEER), factories.module()
    form = {
        "kind": "tcp",
        "name": "端口",
        "name_en": "Front door",
        "module_id": module.id,
        "address": "127.0.0.1",
        "p-port": "22",
    }
    assert browser.post("/checks/new?kind=tcp", data=form).status_code == 302
    check = db.session.query(Check).one()
    assert check.name_en == "Front door"
    assert 'value="Front door"' in browser.get(f"/checks/{check.id}/edit").text
    assert "Front door" in browser.get("/checks?q=front").text
