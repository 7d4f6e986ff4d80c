"""What machines say of themselves never runs: a canary in every text, each page in a browser."""

import json
from datetime import timedelta

import pytest

from itops.checks.base import State
from itops.clock import utcnow
from itops.db import db
from itops.errors import Message
from itops.models import (
    Enrolment,
    HostIdentifier,
    Inventory,
    InventoryChange,
    StateChange,
)
from itops.services.history.writing import write_block
from tests import factories
from tests.browser import axe

pytestmark = [pytest.mark.browser, pytest.mark.slow]
CANARY = '<img src=x onerror="window.sung=1"><script>window.sung=1</script>{{7*7}}\''


def nasty(number=0):
    return f"{number}{CANARY}"


def a_host_that_lies(**given):
    """Return a host with the canary in every text that an agent fills."""
    at = utcnow()
    mount = nasty()
    finding = {
        "name": f"disk:{mount}",
        "state": "critical",
        "message": Message("finding.disk", {"mount": mount, "value": 99, "free": mount}).as_json(),
        "counts": True,
    }
    unseen = {
        "name": nasty(),
        "state": "unknown",
        "message": Message("finding.unseen.error", {"what": nasty()}).as_json(),
        "counts": False,
    }
    disks = [
        {"mount": mount, "device": nasty(), "fstype": nasty(), "state": "ok", "total_bytes": 100,
         "free_bytes": 1},
        {"mount": nasty(2), "device": nasty(), "fstype": nasty(), "state": nasty()},
    ]  # fmt: skip
    services = [{"name": nasty(), "state": "failed"}, {"name": nasty(), "state": nasty()}]
    host = factories.host(
        name=nasty(),
        system=nasty()[:40],
        agent_version=nasty()[:40],
        address=nasty()[:45],
        state={
            "last_seen_at": at,
            "stale_at": at + timedelta(days=1),
            "state": State.CRITICAL,
            "state_since_at": at,
            "findings": [finding, unseen],
            "latest": json.dumps({"disks": disks, "spool": {"waiting": 1}}).encode(),
            "services": json.dumps(services).encode(),
        },
        **given,
    )
    for kind in ("machine_id", "mac"):
        db.session.add(HostIdentifier(host_id=host.id, kind=kind, value=nasty()))
    document = {
        "os": {"name": nasty(), "version": nasty(), "kernel": nasty(), "arch": nasty()},
        "hardware": dict.fromkeys(("manufacturer", "model", "serial", "bios"), nasty()),
        "cpu": {"model": nasty()},
        "memory_bytes": 1,
        "drives": [{"name": nasty(), "model": nasty(), "size_bytes": 1}],
        "addresses": [{"interface": nasty(), "mac": nasty(), "ipv4": [nasty()], "ipv6": []}],
        "software": [dict.fromkeys(("name", "version", "publisher", "arch"), nasty())],
        "antivirus": [
            dict.fromkeys(
                ("product", "engine_version", "signature_version", "why_unknown"), nasty()
            )
        ],
        "updates": {"pending": 1},
    }
    db.session.add(Inventory(host_id=host.id, taken_at=at, received_at=at, document=document))
    changed = {"old": nasty(), "new": nasty(), "name": nasty(), "version": nasty()}
    for key in ("inventory.hostname", "inventory.software.new", nasty()[:80]):
        db.session.add(InventoryChange(host_id=host.id, at=at, key=key, params=changed))
    db.session.add(
        StateChange(host_id=host.id, at=at, old=State.OK, new=State.CRITICAL, findings=[finding])
    )
    start = int(at.timestamp()) - 7200
    columns = {
        f"disk.used_percent:{mount}": [1.0] * 24,
        f"temperature.celsius:{nasty()}": [40.0] * 24,
    }
    write_block(host.id, 300, start, columns)
    return host


def pages_of(approved, waiting):
    return [
        "/",
        "/hosts",
        "/hosts?list=pending",
        f"/hosts/{approved}",
        f"/hosts/{approved}?range=1h",
        f"/hosts/{approved}/inventory",
        *(f"/hosts/{approved}/{act}" for act in ("revoke", "merge", "link")),
        "/enrolment",
        "/enrolment/pending",
        f"/enrolment/pending/preview?host={waiting}",
        f"/enrolment/pending/{waiting}",
    ]


def test_no_page_runs_what_a_machine_says_of_itself(look):
    factories.asset(name=nasty()[:120], tag="LIE-1")
    approved = a_host_that_lies(machine="a" * 64)
    waiting = a_host_that_lies(machine="a" * 64, enrolment=Enrolment.PENDING)
    db.session.commit()
    for path in pages_of(approved.id, waiting.id):
        page = look(path)
        assert (path, page.status) == (path, 200)
        assert (path, page.told) == (path, [])
        assert (path, page.evaluate("window.sung")) == (path, None)
        assert page.locator("img").count() == 0
        assert page.locator("main script").count() == 0


@pytest.mark.parametrize(("theme", "width"), [("light", 390), ("dark", 1440)])
def test_the_pages_of_health_pass_axe_and_don_t_scroll_sideways(look, theme, width):
    asset = factories.asset(location=factories.location())
    approved = factories.host(name="mz-01", asset=asset, site=asset.site)
    lying = a_host_that_lies()
    waiting = factories.host(enrolment=Enrolment.PENDING)
    db.session.commit()
    for path in [*pages_of(approved.id, waiting.id)[:-1], f"/hosts/{lying.id}"]:
        page = look(path, color_scheme=theme, viewport={"width": width, "height": 900})
        assert (path, axe.violations(page)) == (path, [])
        sideways = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert (path, sideways) <= (path, 0)
