"""Performance data of monitoring plugins: the guidelines' own examples, and what plugins print."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from itops.checks.base import State
from itops.checks.perfdata import Range, figures, range_of
from tests.checks.reading import found, output


def metrics(text):
    return dict(figure.metric for figure in figures(text) if figure.metric)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("/=2643MB;5948;5958;0;5968", {"plugin.bytes:/": 2643 * 1024**2}),
        ("time=0.012s;;;0;10", {"plugin.seconds:time": 0.012}),
        ("rta=1.5ms;100;500;0 pl=0%;20;60", {"plugin.seconds:rta": 0.0015, "plugin.percent:pl": 0}),
        ("'C:\\ %'=5%;80;90", {"plugin.percent:C:\\ %": 5}),
        ("'it''s'=1", {"plugin.value:it's": 1}),
        ("a=1 b=2  c=3", {"plugin.value:a": 1, "plugin.value:b": 2, "plugin.value:c": 3}),
        ("packets=12345c", {"plugin.value:packets": 12345}),
        ("load1=0.520;5.000;10.000;0;", {"plugin.value:load1": 0.52}),
        ("unknown=U;1;2", {}),
        (
            "t=-3.5 p=.5 q=5. e=1e3",
            {
                "plugin.value:t": -3.5,
                "plugin.value:p": 0.5,
                "plugin.value:q": 5,
                "plugin.value:e": 1000,
            },
        ),
        ("comma=1,5s", {}),
        ("nonsense", {}),
        ("=5", {}),
        ("a=", {}),
        ("a=nan b=inf c=1e999", {}),
        ("temp=21C", {"plugin.value:temp": 21}),
    ],
)
def test_figures_come_in_base_units(text, expected):
    assert metrics(text) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("text", "alarms", "silent"),
    [
        ("10", [-1, 11], [0, 10]),
        ("10:", [9.9, -5], [10, 1e9]),
        ("~:10", [10.1], [-1e9, 10]),
        ("10:20", [9, 21], [10, 20]),
        ("@10:20", [10, 15, 20], [9, 21]),
    ],
)
def test_ranges_alarm_as_the_guidelines_say(text, alarms, silent):
    limits = range_of(text)
    assert limits is not None
    assert all(limits.alarms(value) for value in alarms)
    assert not any(limits.alarms(value) for value in silent)


@pytest.mark.parametrize("text", ["", "x", "20:10", "1:2:3", "nan", "@"])
def test_what_is_no_range_is_none(text):
    assert range_of(text) is None


def test_ranges_stand_with_their_figure():
    (figure,) = figures("a=5;@1:2;~:9;0;100")
    assert (figure.warning, figure.critical) == (Range(1, 2, is_turned=True), Range(-math.inf, 9))


@settings(deadline=None)
@given(st.text())
def test_no_text_breaks_the_reader(text):
    assert all(math.isfinite(value) for value in metrics(text).values())


@pytest.mark.parametrize(
    ("code", "state"),
    [(0, State.OK), (1, State.WARNING), (2, State.CRITICAL), (3, State.UNKNOWN)],
)
def test_a_plugins_exit_code_is_its_verdict(code, state):
    said = (
        "DISK WARNING - / 3326 MiB (12%); | /=24000MB;;;0\n/home ok\nmore | /home=120MB\n/srv=1GB\n"
    )
    finding = found("plugin", output(said, exit_code=code), plugin="check_disk")
    assert (finding.state, finding.message.params["said"]) == (
        state,
        "DISK WARNING - / 3326 MiB (12%);",
    )
    assert set(finding.metrics) == {"plugin.bytes:/", "plugin.bytes:/home", "plugin.bytes:/srv"}


@pytest.mark.parametrize(
    ("text", "code", "key"),
    [
        ("OK", 4, "check.plugin.exit"),
        ("OK", -1, "check.plugin.exit"),
        ("OK", 139, "check.plugin.exit"),
        ("", 0, "check.plugin.silent"),
        (" \n", 0, "check.plugin.silent"),
        ("|a=1", 0, "check.plugin.silent"),
        ("", 127, "check.no_such_command"),
    ],
)
def test_a_plugin_that_says_nothing_or_breaks_is_unknown(text, code, key):
    finding = found("plugin", output(text, exit_code=code), plugin="check_disk")
    assert (finding.state, finding.message.key) == (State.UNKNOWN, key)
