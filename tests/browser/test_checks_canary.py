"""Nothing that a checked machine says ever runs; the pages are fit for everybody."""

from datetime import timedelta

import pytest

from itops.checks.base import State
from itops.clock import utcnow
from itops.db import db
from itops.errors import Message
from itops.models import CheckChange, CheckTranscript, CredentialKind
from itops.services.history.owners import CHECKS
from itops.services.history.writing import write_block
from tests import factories
from tests.browser import axe
from tests.browser.test_health_canary import nasty
from tests.views.checking.test_credentials import a_key

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def a_check_that_lies(**given):
    """Return a check with the canary in every text that people or machines fill."""
    at = utcnow()
    finding = {
        "name": nasty(),
        "state": "critical",
        "message": Message("check.no_such_command", {"said": nasty()}).as_json(),
        "counts": True,
    }
    credential = factories.credential(
        name=nasty()[:120],
        user_name=nasty()[:80],
        public_text=nasty(),
        kind=CredentialKind.SSH_KEY,
    )
    check = factories.check(
        kind="plugin",
        name=nasty()[:120],
        params={"plugin": nasty(), "arguments": [nasty()]},
        credential=credential,
        state=State.CRITICAL,
        state_since_at=at,
        checked_at=at,
        stale_at=at + timedelta(days=1),
        findings=[finding],
        created_by=nasty(),
        **given,
    )
    db.session.add(CheckTranscript(check_id=check.id, at=at, text=nasty()))
    db.session.add(
        CheckChange(check_id=check.id, at=at, old=State.OK, new=State.CRITICAL, findings=[finding])
    )
    start = int(at.timestamp()) - 7200
    write_block(check.id, 300, start, {f"plugin.value:{nasty()}": [1.0] * 24}, owners=CHECKS)
    return check


def pages_of(check, key):
    return [
        "/checks",
        f"/checks/{check.id}",
        f"/checks/{check.id}/edit",
        f"/checks/{check.id}/remove",
        "/checks/new",
        f"/checks/new?asset={check.asset_id}",
        f"/checks/new?kind=disk&asset={check.asset_id}",
        "/checks/credentials",
        f"/checks/credentials/{check.credential_id}",
        f"/checks/credentials/{check.credential_id}/edit",
        *(f"/checks/credentials/new?kind={kind}" for kind in CredentialKind),
        "/checks/host-keys",
        f"/checks/host-keys/{key.id}",
        f"/assets/{check.asset_id}",
        f"/modules/{check.module_id}",
    ]


@pytest.fixture
def lying(app):
    asset = factories.asset(name=nasty()[:120], ip_address="10.0.0.9")
    module = factories.module(site=asset.site, name=nasty()[:120], code=nasty()[:40])
    check = a_check_that_lies(asset=asset, module=module)
    key = a_key(address=nasty()[:255], fingerprint=nasty()[:80], algorithm=nasty()[:40])
    db.session.commit()
    return check, key


def test_no_page_runs_what_a_machine_answered(look, lying):
    for path in pages_of(*lying):
        page = look(path)
        assert (path, page.status) == (path, 200)
        assert (path, page.told) == (path, [])
        assert (path, page.evaluate("window.sung")) == (path, None)
        assert page.locator("img").count() == 0


@pytest.mark.parametrize(("theme", "width"), [("light", 390), ("dark", 1440)])
def test_the_pages_pass_axe_and_don_t_scroll_sideways(look, lying, theme, width):
    for path in pages_of(*lying):
        page = look(path, color_scheme=theme, viewport={"width": width, "height": 900})
        assert (path, axe.violations(page)) == (path, [])
        sideways = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert (path, sideways) <= (path, 0)
