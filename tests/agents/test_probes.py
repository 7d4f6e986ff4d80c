"""The probes return what psutil says, and never hang."""

from __future__ import annotations

import threading
import time

import psutil
import pytest
from itops_agent import health
from itops_agent.errors import Unseen
from itops_agent.probes import cpu, disks, machine, memory, mounts, rates, sensors, services
from itops_agent.probes.mounts import Mount


def test_cpu_shares_add_up():
    before = {"user": 10.0, "nice": 0.0, "system": 5.0, "idle": 80.0, "iowait": 5.0, "guest": 3.0}
    after = {"user": 20.0, "nice": 0.0, "system": 10.0, "idle": 160.0, "iowait": 10.0, "guest": 9.0}
    assert cpu.shares(before, after) == {
        "percent": 15.0,
        "user_percent": 10.0,
        "system_percent": 5.0,
        "iowait_percent": 5.0,
        "count": psutil.cpu_count(),
    }


def test_cpu_after_no_time_at_all_is_idle():
    same = cpu.read()
    assert cpu.shares(same, same)["percent"] == 0.0


def test_memory_boot_and_users_are_psutils():
    assert memory.memory()["total_bytes"] == psutil.virtual_memory().total
    assert machine.boot_at() == pytest.approx(psutil.boot_time(), abs=1)
    assert machine.users() == len({user.name for user in psutil.users()})


def test_disks_are_psutils():
    (root,) = [disk for disk in disks.DiskProbe().read(disks.places()) if disk["mount"] == "/"]
    assert root["state"] == "ok"
    assert root["total_bytes"] == psutil.disk_usage("/").total


def places(*names):
    return [Mount(f"/dev/{name}", name, "nfs") for name in names]


@pytest.mark.slow
def test_a_dead_mount_costs_its_limit_once_and_hides_no_other():
    release = threading.Event()
    asked = []

    def measure(mount):
        asked.append(mount)
        if mount == "/dead":
            release.wait(20)
        return {"total_bytes": 1, "free_bytes": 1, "inodes_percent": None}

    probe = disks.DiskProbe(measure, limit_seconds=2.0)
    began = time.monotonic()
    first = probe.read(places("/a", "/dead", "/b"))
    assert [disk["state"] for disk in first] == ["ok", "timeout", "ok"]
    assert time.monotonic() - began < 15
    threads = threading.active_count()
    for _ in range(5):
        began = time.monotonic()
        assert [disk["state"] for disk in probe.read(places("/a", "/dead", "/b"))][1] == "timeout"
        assert time.monotonic() - began < 2.0
    assert threading.active_count() == threads
    assert asked.count("/dead") == 1
    (stuck,) = probe._stuck.values()
    release.set()
    stuck.join(5)
    assert [disk["state"] for disk in probe.read(places("/a", "/dead", "/b"))] == ["ok"] * 3


@pytest.mark.parametrize(
    ("error", "state"), [(PermissionError(), "denied"), (OSError(5, "io"), "error")]
)
def test_a_disk_that_refuses_says_how(error, state):
    def measure(_mount):
        raise error

    assert disks.DiskProbe(measure).read(places("/x"))[0]["state"] == state


COUNTERS = {"sda": {"read_bytes": 1000, "write_bytes": 0, "busy_time": 500}}


def test_rates_are_differences_over_time():
    after = {"sda": {"read_bytes": 7000, "write_bytes": 60, "busy_time": 30500}}
    assert rates.disk_rates(COUNTERS, after, 60.0) == {
        "read_bytes_per_second": 100.0,
        "write_bytes_per_second": 1.0,
        "busy_percent": 50.0,
    }


def test_a_counter_that_went_back_gives_no_rate():
    after = {"sda": {"read_bytes": 10, "write_bytes": 0, "busy_time": 0}}
    assert rates.disk_rates(COUNTERS, after, 60.0) is None


def test_a_disk_that_was_added_does_not_count_from_zero():
    after = {**COUNTERS, "sdb": {"read_bytes": 10**12, "write_bytes": 0, "busy_time": 0}}
    told = rates.disk_rates(COUNTERS, after, 60.0)
    assert told is not None
    assert told["read_bytes_per_second"] == 0.0


def test_rates_come_with_the_second_report():
    collector = health.Collector(interval_seconds=60)
    first = collector.collect(at=1.0, ticks=100.0)
    second = collector.collect(at=61.0, ticks=160.0)
    assert first["network"] is None
    assert set(second["network"]) == {
        "received_bytes_per_second", "sent_bytes_per_second", "errors_per_second",
    }  # fmt: skip


def test_a_jump_of_the_wall_clock_changes_no_rate():
    collector = health.Collector(interval_seconds=60)
    collector.collect(at=1_795_000_000.0, ticks=100.0)
    second = collector.collect(at=5.0, ticks=160.0)
    assert second["network"]["received_bytes_per_second"] >= 0
    assert second["taken_at"] == 5.0


class Sensor:
    def __init__(self, label, current, high=None, critical=None):
        self.label, self.current, self.high, self.critical = label, current, high, critical


def test_temperatures_have_labels_of_their_own_and_can_be_true():
    chips = {"coretemp": [Sensor("Core 0", 54.0, 80.0, 100.0), Sensor("Core 0", 55.0)],
             "acpitz": [Sensor("", -273.2), Sensor("", 16.8, None, 119.0)]}  # fmt: skip
    assert sensors.as_temperatures(chips) == [
        {"label": "coretemp Core 0", "celsius": 54.0, "high_celsius": 80.0},
        {"label": "coretemp Core 0 2", "celsius": 55.0, "high_celsius": None},
        {"label": "acpitz 2", "celsius": 16.8, "high_celsius": 119.0},
    ]


def test_where_nothing_is_measured_the_reason_is_told():
    with pytest.raises(Unseen) as caught:
        sensors.told([])
    assert caught.value.why == "no_sensor"


def listed(*names):
    return [{"name": name, "state": "running"} for name in names]


def test_services_are_sent_when_they_change_and_at_least_every_half_hour():
    lists = [listed("a"), listed("a"), listed("a", "b"), *[listed("a", "b")] * 9]
    hints = iter([1, 1, 2, 3, *[3] * 99])
    watch = health.ServiceWatch(lambda: lists.pop(0), lambda: next(hints))
    assert watch.news(0.0) == listed("a")
    assert watch.news(60.0) is None  # nothing hints at a change: not even read
    assert watch.news(120.0) is None  # read, but the same
    assert watch.news(180.0) == listed("a", "b")
    told = [watch.news(180.0 + minute * 60.0) for minute in range(1, 31)]
    assert told[:29] == [None] * 29
    assert told[29] == listed("a", "b")


def test_services_that_can_not_be_read_are_missing_in_every_report():
    def refuse():
        raise Unseen("timeout")

    watch = health.ServiceWatch(refuse, lambda: 1)
    for ticks in (0.0, 60.0, 120.0):
        with pytest.raises(Unseen):
            watch.news(ticks)


def test_of_too_many_services_the_ones_in_trouble_stay():
    many = [{"name": f"s{n:04}", "state": "stopped"} for n in range(600)]
    kept = services.worst([*many, {"name": "z", "state": "failed"}])
    assert len(kept) == services.SERVICES
    assert kept[-1] == {"name": "z", "state": "failed"}


def test_the_mounts_of_this_machine_have_their_root():
    assert "/" in [mount.mount for mount in mounts.on_linux()]
