"""UPSs that a real upsd serves: dumps of many vendors' devices, and all that can be amiss."""

import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from itops.checks.answers import NutAnswer
from itops.checks.base import State
from itops.checks.questions import NutQuestion
from itops.checks.ups import BELIEVED
from itops.remote import errors, nut
from itops.remote.limits import RemoteLimits
from tests.checks.reading import SAMPLES, found
from tests.components import faulty

DUMPS = sorted((SAMPLES / "nut").glob("*.dev"))
#: Those devices that were not simply well when they were asked.
TROUBLED = {
    "Aviem_Systems": (State.WARNING, "bypass"),
    "Belkin__Small_Enterprise": (State.CRITICAL, "runtime"),
    "Cyber_Power_Systems__CP1500PFCLCD": (State.WARNING, "charge"),
    "Grafenthal": (State.CRITICAL, "charge"),
    "HP__R3000": (State.WARNING, "charge"),
    "IBM__1440VA": (State.CRITICAL, "off"),
    "MGE_UPS_SYSTEMS__Pulsar": (State.WARNING, "runtime"),
    "PiSupply": (State.WARNING, "high_battery"),
    "Powerware__Profile": (State.WARNING, "load"),
    "Tripp_Lite__SMART1000LCD": (State.WARNING, "alarm"),
}
FIGURES = {
    "battery.charge": "charge_percent",
    "battery.runtime": "runtime_seconds",
    "ups.load": "load_percent",
    "battery.voltage": "battery_volts",
    "battery.temperature": "battery_celsius",
    "input.voltage": "input_volts",
    "input.frequency": "input_hertz",
    "output.voltage": "output_volts",
}


def asked(port: int, ups: str) -> NutAnswer:
    return nut.ask("127.0.0.1", NutQuestion(port, ups))


def until(is_there: Callable[[NutAnswer], bool], port: int, ups: str = "ups0") -> NutAnswer:
    """Ask until the answer is as awaited, for ten seconds at most."""
    ends = time.monotonic() + 10
    while not is_there(answer := asked(port, ups)):
        assert time.monotonic() < ends, answer
        time.sleep(0.05)
    return answer


def is_known(answer: NutAnswer) -> bool:
    return answer.variables.get("ups.status", "WAIT") != "WAIT"


def has_status(status: str) -> Callable[[NutAnswer], bool]:
    return lambda answer: answer.variables.get("ups.status") == status


def holds(variables: dict[str, str]) -> Callable[[NutAnswer], bool]:
    """Say whether the driver has read its file to the end, and its driver.* are not ours."""
    names = {name for name, text in variables.items() if text and not name.startswith("driver.")}
    return lambda answer: is_known(answer) and names <= set(answer.variables)


def written(dump: Path) -> dict[str, str]:
    """Return a dump's lines as NUT's driver reads them.

    What stands behind # is its sender's comment; a backslash at the end joins the next line.
    """
    text = dump.read_text("utf-8").replace("\\\n", "")
    lines = [line.split("#")[0] for line in text.splitlines()]
    pairs = (line.partition(":") for line in lines if ":" in line)
    return {name.strip(): value.strip() for name, _, value in pairs}


def believable(variables: dict[str, str]) -> dict[str, float]:
    """Return the figures that a dump holds and that a device can have."""
    figures = {}
    for variable, figure in FIGURES.items():
        if text := variables.get(variable, ""):
            low, high = BELIEVED[figure]
            if low <= float(text) <= high:
                figures[f"ups.{figure}"] = float(text)
    return figures


@pytest.mark.slow
def test_every_dump_gives_its_figures_in_our_units_and_a_verdict(request):
    """All sixty devices at once, through NUT's own driver and server."""
    server = request.getfixturevalue("nut").start(DUMPS)
    assert len(DUMPS) >= 60
    for number, dump in enumerate(DUMPS):
        answer = until(holds(written(dump)), server.port, f"ups{number}")
        finding = found("ups_nut", answer)
        metrics = dict(finding.metrics)
        assert metrics.pop("ups.on_battery") == 0, dump.name
        assert metrics == believable(written(dump)), dump.name
        expected = next(
            (verdict for name, verdict in TROUBLED.items() if dump.name.startswith(name)),
            (State.OK, "on_line"),
        )
        assert (finding.state, finding.message.key) == (
            expected[0],
            f"check.ups.{expected[1]}",
        ), dump.name


@pytest.mark.slow
def test_a_power_cut_is_seen_from_beginning_to_end(nut, tmp_path):
    dump = tmp_path / "x.dev"
    dump.write_text("ups.status: OL\nbattery.charge: 100\nbattery.runtime: 1800\n")
    nut.start([dump])
    story = [
        ("OL", 100, State.OK, "on_line"),
        ("OB DISCHRG", 80, State.WARNING, "on_battery"),
        ("OB LB DISCHRG", 12, State.CRITICAL, "battery_low"),
        ("OL CHRG", 50, State.WARNING, "charge"),
        ("OB CAL", 90, State.OK, "tests_itself"),
        ("OL RB", 100, State.WARNING, "replace_battery"),
    ]
    for status, charge, state, key in story:
        text = f"ups.status: {status}\nbattery.charge: {charge}\nbattery.runtime: 1800\n"
        nut.write("ups0.dev", text)
        answer = until(has_status(status), nut.port)
        finding = found("ups_nut", answer)
        assert (finding.state, finding.message.key) == (state, f"check.ups.{key}")
        assert finding.metrics["ups.on_battery"] == (
            status.startswith("OB ") and "CAL" not in status
        )


@pytest.mark.slow
def test_a_driver_that_hangs_or_dies_is_unknown_and_never_on_line(nut, tmp_path):
    dump = tmp_path / "x.dev"
    dump.write_text("ups.status: OL\n")
    nut.start([dump], max_age_seconds=3)
    until(is_known, nut.port)
    nut.processes["ups0"].send_signal(signal.SIGSTOP)
    stale = until(lambda answer: answer.error == "DATA-STALE", nut.port)
    nut.processes["ups0"].send_signal(signal.SIGCONT)
    nut.stop("ups0")
    gone = until(lambda answer: answer.error == "DRIVER-NOT-CONNECTED", nut.port)
    for answer, key in ((stale, "stale"), (gone, "no_driver")):
        finding = found("ups_nut", answer)
        assert (finding.state, finding.message.key) == (State.UNKNOWN, f"check.ups.{key}")


def test_a_name_that_nut_does_not_know_is_unknown(nut):
    nut.start(DUMPS[:1])
    finding = found("ups_nut", asked(nut.port, "another"))
    assert (finding.state, finding.message.key) == (State.UNKNOWN, "check.ups.unknown_ups")


@pytest.mark.parametrize(
    ("behave", "reason"),
    [
        (faulty.silent, errors.TimedOut),
        (faulty.trickling(b'VAR ups a "b"\n'), errors.TimedOut),
        (faulty.endless(b'VAR ups a "b"\n' * 100), errors.ClosedEarly),
        (faulty.endless(b"x" * 1000), errors.ClosedEarly),
        (faulty.saying(b"HTTP/1.1 400 Bad Request\r\n"), errors.NotSpoken),
        (
            faulty.saying(b'BEGIN LIST VAR ups\nVAR ups a "b', then=faulty.resetting),
            errors.ClosedEarly,
        ),
        (faulty.resetting, errors.ClosedEarly),
    ],
)
def test_what_is_no_answer_has_its_reason(behave, reason):
    limits = RemoteLimits(run_seconds=0.5)
    with faulty.serving(behave) as port, pytest.raises(reason):
        nut.ask("127.0.0.1", NutQuestion(port, "ups"), limits=limits)


def test_quotes_and_backslashes_in_a_value_are_read():
    text = b'BEGIN LIST VAR u\nVAR u ups.mfr "a \\"b\\" \\\\c"\nVAR u e ""\nEND LIST VAR u\n'
    answer = nut.read("u", iter(text.splitlines(keepends=True)))
    assert answer.variables == {"ups.mfr": 'a "b" \\c', "e": ""}
