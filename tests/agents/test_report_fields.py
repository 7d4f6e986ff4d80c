"""Every field that is sent is documented, and what is documented is sent."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from itops_agent import bounds, health
from itops_agent.inventory import collecting
from itops_agent.probes.disks import DiskProbe

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "agent-report.md").read_text("utf-8")
#: What this machine may not have; the page must name it all the same.
WHOLE: dict[str, Any] = {
    "load": {"m1": 1.0, "m5": 1.0, "m15": 1.0},
    "swap": {"total_bytes": 1, "used_bytes": 1},
    "disk_io": {
        "read_bytes_per_second": 1.0, "write_bytes_per_second": 1.0, "busy_percent": None,
    },
    "network": {
        "received_bytes_per_second": 1.0, "sent_bytes_per_second": 1.0, "errors_per_second": 0.0,
    },
    "temperatures": [{"label": "x", "celsius": 1.0, "high_celsius": None}],
    "fans": [{"label": "x", "rpm": 1}],
    "battery": {"percent": 1.0, "plugged": True, "seconds_left": None},
    "services": [{"name": "x", "state": "running"}],
    "spool": {"waiting": 0, "dropped": 0},
    "clock_skew_seconds": None,
}  # fmt: skip
SPOKEN_OF_ELSEWHERE = {"seq", "kind", "taken_at", "schema", "identity"}


def paths(value, prefix=""):
    """Give the path of every scalar: `cpu.percent`, `disks[].mount`."""
    if isinstance(value, dict):
        for name, item in value.items():
            yield from paths(item, f"{prefix}.{name}".lstrip("."))
    elif isinstance(value, list) and value and isinstance(value[0], dict):
        for item in value:
            yield from paths(item, prefix + "[]")
    else:
        yield prefix


def section(title):
    found = re.search(rf"\n## {title}\n(.*?)(\n## |\Z)", PAGE, re.DOTALL)
    assert found is not None
    return found.group(1)


def documented(title):
    """Return the fields named in the first column of a section's tables."""
    rows = re.findall(r"^\|([^|]*`[^|]*)\|", section(title), re.MULTILINE)
    return {name for row in rows for name in re.findall(r"`([^`]+)`", row)}


@pytest.fixture(scope="module")
def real_health():
    collector = health.Collector(interval_seconds=60)
    collector.collect(at=1.0, ticks=1.0)
    return collector.collect(at=61.0, ticks=61.0)


@pytest.fixture(scope="module")
def real_inventory():
    """Taken once: it asks the package manager, which takes seconds."""
    return collecting.collect(at=1.0)


def test_every_field_of_a_health_report_is_documented(real_health):
    sent = set(paths({**real_health, **WHOLE})) - SPOKEN_OF_ELSEWHERE
    assert sent == documented("Health")


def test_what_this_machine_sends_has_the_documented_shape(real_health):
    for name, value in WHOLE.items():
        real = real_health.get(name)
        if real and isinstance(value, dict):
            assert set(real) == set(value), name
        elif real:
            assert set(real[0]) == set(value[0]), name


@pytest.mark.slow
def test_every_field_of_an_inventory_is_documented(real_inventory):
    report = dict(real_inventory)
    report["antivirus"] = [dict.fromkeys(
        ("product", "engine_version", "signature_at", "signature_version", "enabled",
         "up_to_date", "why_unknown"))]  # fmt: skip
    report["drives"] = [dict.fromkeys(("name", "model", "serial", "size_bytes", "kind"))]
    report["unseen"] = [{"what": "drives", "why": "error"}]
    sent = set(paths(report)) - SPOKEN_OF_ELSEWHERE
    assert sent <= documented("Inventory")
    assert documented("Inventory") - sent <= {"identity"}


@pytest.mark.slow
def test_a_real_report_passes_the_limits_of_the_wire(real_health, real_inventory):
    body = bounds.dump(real_health)
    assert bounds.nodes(body) < bounds.HEALTH_NODES
    assert bounds.nodes(bounds.dump(real_inventory)) < bounds.INVENTORY_NODES


def test_too_many_services_are_cut_to_the_limit_and_the_failed_ones_stay(real_health):
    names = [{"name": f"s{n:03}", "state": "stopped"} for n in range(499)]
    services = [*names, {"name": "zz-last", "state": "failed"}]
    cut = health.fitting({**real_health, "services": services})
    assert bounds.nodes(bounds.dump(cut)) <= bounds.HEALTH_NODES
    assert cut["services"][-1]["name"] == "zz-last"


def test_show_prints_the_report_as_json():
    agents = str(Path(__file__).resolve().parents[2] / "agents")
    words = [sys.executable, "-m", "itops_agent", "--config", "none.conf", "show", "identity"]
    done = subprocess.run(words, cwd=agents, capture_output=True, check=True)
    assert done.stdout.startswith(b'{"hostname":')


def test_a_disk_that_fails_is_named_and_the_report_still_comes():
    def broken(_mount):
        raise OSError("gone")

    collector = health.Collector(interval_seconds=60, disk_probe=DiskProbe(broken))
    report = collector.collect(at=1.0, ticks=1.0)
    assert {disk["state"] for disk in report["disks"]} == {"error"}
