"""The newest inventory is kept, and what changed since the one before."""

import pytest
from sqlalchemy import func, select

from itops.db import db
from itops.models import HostState, Inventory, InventoryChange
from tests.api.reporting import health, inventory, now, program

pytestmark = pytest.mark.both_databases


def test_an_inventory_is_kept_and_its_changes_are_rows(agent):
    assert agent.send(inventory(1)).json["inventory_wanted"] is False
    more = inventory(2, memory_bytes=16 * 1024**3)
    more["software"] = [program("openssl", "3.0.2"), program("微信", "4.0")]
    agent.send(more)
    rows = db.session.scalars(select(InventoryChange).order_by(InventoryChange.id)).all()
    assert [row.key for row in rows] == [
        "inventory.first",
        "inventory.memory",
        "inventory.software.new",
        "inventory.software.gone",
        "inventory.software.version",
    ]
    assert rows[1].params == {"old": "8.0 GB", "new": "16 GB"}
    assert db.session.get_one(Inventory, agent.host.id).document["memory_bytes"] == 16 * 1024**3
    db.session.expire_all()
    assert (agent.host.name, agent.host.system) == ("his-db", "Linux")


def test_an_older_inventory_that_comes_late_changes_nothing(agent):
    agent.send(inventory(2))
    agent.send(inventory(1, taken_at=now() - 86400, memory_bytes=1))
    assert db.session.scalar(select(func.count()).select_from(InventoryChange)) == 1


def test_old_signatures_are_said_with_the_next_health_and_every_day(agent):
    old = {
        "product": "火绒",
        "engine_version": None,
        "signature_at": now() - 9 * 86400,
        "signature_version": None,
        "enabled": True,
        "up_to_date": None,
        "why_unknown": None,
    }
    agent.send(inventory(1, antivirus=[old]))
    agent.send(health(2))
    db.session.expire_all()
    finding = db.session.get_one(HostState, agent.host.id).findings[0]
    assert finding["message"] == {
        "key": "finding.antivirus_old",
        "params": {"product": "火绒", "n": 9},
    }
    assert finding["state"] == "critical"
