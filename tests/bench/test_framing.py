"""The benchmarks' frame: what is printed and written, and that a quick run still works."""

import json

import pytest

from tests.bench import report
from tests.bench.__main__ import main
from tests.bench.groups import GROUPS
from tests.bench.report import Figure, at_least, at_most, compared

ABOUT = {
    "date": "2026-03-02 04:00 UTC",
    "rounds": 3,
    "machine": "2 processors",
    "load_before": "0.1",
    "load_after": "0.2",
    "versions": {"Python": "3.11.7"},
    "how": {"intake": "With one client."},
}


def figure(**given) -> Figure:
    return Figure(**{"name": "intake", "value": None, "unit": "reports/s", "peer": "Peer"} | given)


def test_a_ratio_is_the_median_of_the_rounds_own_ratios():
    found = compared(figure(goal=at_least(1.0)), [100, 300, 90], [100, 100, 100])
    assert (found.value, found.peer_value, found.ratio, found.met) == (100, 100, 1.0, True)


def test_without_the_peer_nothing_is_claimed():
    found = json.loads(compared(figure(goal=at_least(1.0)), [100.0], []).line())
    assert found["value"] == 100
    assert (found["peer"], found["ratio"], found["met"]) == (None, None, None)


@pytest.mark.parametrize(
    ("goal", "expected"),
    [
        (at_least(1.0), False),
        (at_most(1.0), True),
        (at_most(40, of="value"), True),
        (at_most(30, of="value"), False),
        (None, None),
    ],
)
def test_a_goal_bounds_the_ratio_or_the_value(goal, expected):
    assert compared(figure(goal=goal), [40.0], [80.0]).met is expected


def test_a_line_has_what_was_promised_and_no_more():
    assert tuple(json.loads(figure(value=1.0).line())) == report.PRINTED


def test_a_group_measured_alone_leaves_the_others_as_they_were(tmp_path):
    report.write(tmp_path, {"agent": [figure(name="agent_memory", value=15.0)]}, ABOUT)
    report.write(tmp_path, {"intake": [figure(value=6000.0, goal=at_least(1.0))]}, ABOUT)
    page = (tmp_path / "benchmarks.md").read_text("utf-8")
    assert "| agent_memory | 15 reports/s |" in page
    assert "With one client." in page


@pytest.mark.slow
def test_a_quick_run_of_one_group_prints_its_figures(capsys, tmp_path):
    assert main(["--only", "startup", "--quick", "--output", str(tmp_path)]) == 0
    printed = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["name"] for line in printed] == ["startup_first", "startup_again", "idle_memory"]
    assert all(line["value"] > 0 for line in printed)
    assert "startup_first" in (tmp_path / "benchmarks.md").read_text("utf-8")


def test_every_group_has_its_module(request):
    folder = request.path.parent / "groups"
    assert {path.stem for path in folder.glob("[a-z]*.py")} == set(GROUPS)
