"""What a health report means: worst first, unknown before warning, never green by default."""

import json

import msgspec
import pytest

from itops.checks.base import State
from itops.checks.host_health import assess
from itops.checks.host_report import Health
from tests.api.reporting import GIB, disk, health

DAY = 86_400.0


def judged(before=None, *, at=1e9, **given):
    extra = {name: given.pop(name) for name in ("skew", "expects_antivirus") if name in given}
    report = msgspec.json.decode(json.dumps(health(1, **given)), type=Health)
    return assess(report, before or {}, at=at, **extra)


def keys(findings):
    return [finding.message.key for finding in findings if finding.counts]


def test_a_machine_that_is_well_has_no_findings_that_count():
    state, findings, memory = judged()
    assert (state, keys(findings), memory) == (State.OK, [], {})
    assert findings[0].message.key == "finding.unseen.no_sensor"


def test_the_processor_must_be_busy_five_times_in_a_row():
    busy = health()["cpu"] | {"percent": 99.0}
    states: list[State] = []
    memory: dict[str, int] = {}
    for _ in range(5):
        state, _, memory = judged(memory, cpu=busy)
        states.append(state)
    assert states == [State.OK] * 4 + [State.CRITICAL]
    assert judged(memory)[2] == {}


@pytest.mark.parametrize(
    ("given", "state", "key"),
    [
        ({"disks": [disk("/", total=100, free=14)]}, State.WARNING, "finding.disk"),
        ({"disks": [disk("/", total=100, free=4)]}, State.CRITICAL, "finding.disk"),
        ({"disks": [disk("/", total=20, free=1.5)]}, State.WARNING, "finding.disk"),
        ({"disks": [disk("/", inodes_percent=98.0)]}, State.CRITICAL, "finding.inodes"),
        ({"skew": -31.0}, State.WARNING, "finding.clock"),
        ({"spool": {"waiting": 0, "dropped": 3}}, State.WARNING, "finding.dropped"),
        ({"expects_antivirus": True}, State.UNKNOWN, "finding.antivirus_not_known"),
    ],
)
def test_limits_are_passed_and_said(given, state, key):
    found, findings, _ = judged(**given)
    assert (found, keys(findings)) == (state, [key])


@pytest.mark.parametrize(
    "given",
    [
        disk("/", total=4000, free=120),
        disk("/boot", total=0.5, free=0.4),
        disk("/media/cd", total=4, free=0, fstype="iso9660"),
        disk("/none", total=0, free=0),
    ],
)
def test_disks_that_only_look_full_are_left_alone(given):
    assert judged(disks=[given])[0] is State.OK


def test_a_disk_that_hangs_is_unknown_and_worse_than_a_warning():
    hung = {"mount": "/nas", "device": "nas:/x", "fstype": "nfs", "state": "timeout"}
    state, findings, _ = judged(disks=[disk("/", free=14), hung])
    assert state is State.UNKNOWN
    assert keys(findings) == ["finding.disk_timeout", "finding.disk"]
    denied = hung | {"state": "denied"}
    assert judged(disks=[denied])[0] is State.OK


def test_heat_is_judged_by_the_sensors_own_mark():
    hot = [{"label": "cpu", "celsius": 75.0, "high_celsius": 70.0}]
    memory = {"temperature:cpu": 2}
    assert judged(memory, temperatures=hot)[0] is State.WARNING
    assert judged(memory, temperatures=[hot[0] | {"high_celsius": None}])[0] is State.OK


@pytest.mark.parametrize(
    ("known", "state", "key"),
    [
        ([["ClamAV", True, 1e9 - 4 * DAY]], State.WARNING, "finding.antivirus_old"),
        ([["ClamAV", True, 1e9 - 8 * DAY]], State.CRITICAL, "finding.antivirus_old"),
        ([["ClamAV", False, 1e9]], State.CRITICAL, "finding.antivirus_off"),
        ([["ClamAV", True, None]], State.UNKNOWN, "finding.antivirus_age_not_known"),
        ([], State.CRITICAL, "finding.antivirus_missing"),
    ],
)
def test_antivirus_where_one_is_expected(known, state, key):
    found, findings, memory = judged({"antivirus": known}, expects_antivirus=True)
    assert (found, keys(findings)) == (state, [key])
    assert memory["antivirus"] == known


def test_antivirus_that_nobody_expects_and_nobody_has_is_no_finding():
    assert keys(judged({"antivirus": []})[1]) == []


def test_memory_swap_and_battery_need_to_stay_bad():
    given = {
        "memory": {"total_bytes": 100 * GIB, "available_bytes": GIB},
        "swap": {"total_bytes": 10, "used_bytes": 7},
        "battery": {"percent": 10.0, "plugged": False, "seconds_left": 60},
    }
    memory = {"memory": 2, "swap": 2, "battery": 1}
    state, findings, _ = judged(memory, **given)
    assert state is State.CRITICAL
    assert keys(findings) == ["finding.memory", "finding.battery", "finding.swap"]
    assert judged({}, **given)[0] is State.OK


def test_lost_reports_are_said_for_a_day():
    lost = {"waiting": 0, "dropped": 3}
    _, _, memory = judged(spool=lost)
    assert judged(memory, spool=lost, at=1e9 + DAY - 1)[0] is State.WARNING
    assert judged(memory, spool=lost, at=1e9 + DAY)[0] is State.OK
