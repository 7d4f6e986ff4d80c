"""The hot road gives the same figures as the catalogue of metrics."""

import json
import math

import msgspec
import pytest

from itops.checks.host_report import Health
from itops.checks.metrics import metrics_of_report
from itops.services.intake.figures import figures_of
from tests.api.reporting import disk, health

ODD = [
    {},
    {"load": None, "swap": None, "network": None, "disk_io": None},
    {"battery": {"percent": 80.0, "plugged": True, "seconds_left": None}},
    {"memory": {"total_bytes": 0, "available_bytes": 0}, "clock_skew_seconds": None},
    {"swap": {"total_bytes": 0, "used_bytes": 0}, "disks": [disk("C:\\", inodes_percent=None)]},
    {"disks": [{"mount": "/mnt", "device": "x", "fstype": "nfs", "state": "timeout"}]},
    {"disks": [disk("/", total=0, free=0), disk("/srv"), disk("/srv", free=1)]},
    {"fans": [{"label": "a", "rpm": 1}, {"label": "a", "rpm": 2}]},
]


@pytest.mark.parametrize("given", ODD)
def test_both_ways_to_the_figures_agree(given):
    report = health(1, **given)
    names, values = figures_of(msgspec.json.decode(json.dumps(report), type=Health))
    expected = metrics_of_report(report)
    assert len(names) == len(set(names)) == len(values)
    assert set(names) == set(expected)
    for name, value in zip(names, values, strict=True):
        assert math.isclose(value, expected[name]), name
