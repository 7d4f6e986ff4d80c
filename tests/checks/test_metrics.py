"""What a health report says in figures."""

import pytest

from itops.checks.metrics import FAMILIES, UNKNOWN_FAMILY, family_of, metrics_of_report
from itops.i18n import LANGUAGES, catalogue

REPORT = {
    "cpu": {"percent": 12.5, "iowait_percent": None, "count": 4},
    "load": {"m1": 0.5, "m5": 0.4, "m15": 0.3},
    "memory": {"total_bytes": 8_000, "available_bytes": 6_000},
    "swap": {"total_bytes": 1_000, "used_bytes": 250},
    "disks": [
        {"mount": "/", "state": "ok", "total_bytes": 100, "free_bytes": 40, "inodes_percent": 3.0},
        {"mount": "/mnt/pacs", "state": "timeout"},
    ],
    "disk_io": None,
    "network": {
        "received_bytes_per_second": 10.0,
        "sent_bytes_per_second": 20.0,
        "errors_per_second": 0,
    },
    "temperatures": [{"label": "coretemp Package id 0", "celsius": 54.0, "high_celsius": None}],
    "fans": [{"label": "fan1", "rpm": 1200}],
    "battery": {"percent": 80, "plugged": True, "seconds_left": None},
    "users": 2,
    "clock_skew_seconds": -0.25,
    "spool": {"waiting": 3, "dropped": 0},
}


def test_a_report_gives_each_figure_that_it_knows():
    assert metrics_of_report(REPORT) == {
        "cpu.percent": 12.5,
        "load.m1": 0.5,
        "load.m5": 0.4,
        "load.m15": 0.3,
        "memory.used_percent": 25.0,
        "memory.available_bytes": 6000.0,
        "swap.used_percent": 25.0,
        "disk.used_percent:/": 60.0,
        "disk.free_bytes:/": 40.0,
        "disk.inodes_percent:/": 3.0,
        "network.received_bytes_per_second": 10.0,
        "network.sent_bytes_per_second": 20.0,
        "network.errors_per_second": 0.0,
        "temperature.celsius:coretemp Package id 0": 54.0,
        "fan.rpm:fan1": 1200.0,
        "battery.percent": 80.0,
        "users.count": 2.0,
        "clock.skew_seconds": -0.25,
        "spool.waiting_count": 3.0,
    }


def test_what_is_not_known_is_left_out_and_never_zero():
    assert metrics_of_report({"swap": {"total_bytes": 0, "used_bytes": 0}, "disks": []}) == {}


def test_of_two_sensors_with_one_label_the_first_is_kept():
    fans = [{"label": "fan1", "rpm": 900}, {"label": "fan1", "rpm": 1200}]
    assert metrics_of_report({"fans": fans}) == {"fan.rpm:fan1": 900.0}


def test_every_metric_of_a_report_belongs_to_a_family():
    for metric in metrics_of_report(REPORT):
        assert family_of(metric).name == metric.partition(":")[0]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_family_has_a_name_for_people(language):
    sentences = catalogue(language).sentences
    assert [family.key for family in FAMILIES.values() if not sentences.get(family.key)] == []


def test_an_item_may_hold_colons():
    assert family_of("disk.free_bytes:C:\\").name == "disk.free_bytes"


def test_a_family_of_a_later_version_can_still_be_drawn():
    assert family_of("gpu.percent:0") is UNKNOWN_FAMILY
