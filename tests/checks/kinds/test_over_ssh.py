"""Load, services, processes and clocks."""

from datetime import timedelta

import pytest

from itops.checks.base import State
from tests.checks.reading import AT, NONSENSE, found, output, sample

SERVICE = "Result={}\nId=ssh.service\nLoadState={}\nActiveState={}\nSubState=running\n"


@pytest.mark.parametrize("name", ["debian-12", "busybox-1.35"])
def test_load_is_judged_for_each_processor(name):
    finding = found("load", sample(f"loadavg/{name}.txt"))
    assert (finding.state, finding.metrics["load.m5"]) == (State.OK, 1.83)
    assert finding.message.params == {"value": 0.92, "m5": 1.83, "n": 2}


def test_many_waiting_for_few_processors_are_critical():
    assert found("load", output("1 12.0 3 1/99 5\n4\n")).state is State.CRITICAL
    assert found("load", output("1 12.0 3 1/99 5\n64\n")).state is State.OK


@pytest.mark.parametrize(
    ("result", "load", "active", "state", "key"),
    [
        ("success", "loaded", "active", State.OK, "said"),
        ("success", "loaded", "activating", State.WARNING, "said"),
        ("success", "loaded", "inactive", State.CRITICAL, "said"),
        ("exit-code", "loaded", "failed", State.CRITICAL, "failed"),
        ("success", "loaded", "a-new-word", State.UNKNOWN, "said"),
        ("success", "not-found", "inactive", State.UNKNOWN, "not_loaded"),
        ("success", "masked", "inactive", State.UNKNOWN, "not_loaded"),
    ],
)
def test_a_service_is_what_systemd_says(result, load, active, state, key):
    finding = found("service", output(SERVICE.format(result, load, active)), unit="ssh")
    assert (finding.state, finding.message.key) == (state, f"check.service.{key}")


def test_a_machine_without_systemd_says_so():
    said = "System has not been booted with systemd as init system (PID 1). Can't operate.\n"
    finding = found("service", output("", stderr=said, exit_code=1), unit="ssh")
    assert (finding.state, finding.message.key) == (State.UNKNOWN, "check.service.no_systemd")
    assert finding.message.params["said"].startswith("System has not been booted")


@pytest.mark.parametrize("name", ["debian-12", "busybox-1.35"])
def test_processes_are_counted_by_their_exact_name(name):
    printed = sample(f"ps/{name}.txt")
    assert found("process", printed, process="mysqld").metrics == {"process.count": 2.0}
    assert found("process", printed, process="mysql").state is State.CRITICAL
    assert found("process", printed, process="mysqld", most="1").state is State.WARNING
    assert found("process", printed, process="httpd", least="0").state is State.OK


def test_a_name_longer_than_the_kernel_keeps_is_still_found():
    text = "1 systemd\n9 gunicorn-worker\nend\n"
    assert found("process", output(text), process="gunicorn-workers").state is State.OK


def test_an_account_that_sees_only_its_own_processes_knows_nothing():
    finding = found("process", output("4711 sshd\n4712 ps\nend\n"), process="mysqld")
    assert (finding.state, finding.message.key) == (State.UNKNOWN, "check.process.own_only")


@pytest.mark.parametrize(
    ("ahead", "took", "state"),
    [
        (0, 0.2, State.OK),
        (29, 0.2, State.OK),
        (-31, 0.2, State.WARNING),
        (301, 0.2, State.CRITICAL),
        (35, 20.0, State.OK),  # all of it may be the way there and back
    ],
)
def test_a_clock_is_judged_by_what_is_surely_wrong(ahead, took, state):
    there = (AT + timedelta(seconds=ahead + took / 2)).timestamp()
    finding = found("clock", output(f"{there:.9f}\n", seconds=took))
    assert finding.state is state
    assert finding.metrics["clock.skew_seconds"] == pytest.approx(ahead, abs=0.01)


@pytest.mark.parametrize("end", ["", ".%N", ".N", "."])
def test_a_date_without_nanoseconds_is_good_to_half_a_second(end):
    finding = found("clock", output(f"{int(AT.timestamp())}{end}\n"))
    assert (finding.state, finding.message.params["uncertain"]) == (State.OK, 0.6)


@pytest.mark.parametrize("kind", ["load", "process", "clock", "service"])
@pytest.mark.parametrize("text", NONSENSE)
def test_what_cannot_be_read_is_unknown(kind, text):
    params = {"process": {"process": "x"}, "service": {"unit": "x"}}.get(kind, {})
    assert found(kind, output(text), **params).state is State.UNKNOWN


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"is_truncated": True}, "check.too_long"),
        ({"encoding": ""}, "check.undecodable"),
        ({"exit_code": 127, "stderr": "sh: date: not found\n"}, "check.no_such_command"),
        ({"exit_code": 126}, "check.no_such_command"),
        ({"exit_code": 64, "stderr": "itops-check: unreadable\n"}, "check.refused_there"),
    ],
)
def test_what_no_check_could_judge_is_unknown_with_its_reason(changes, key):
    finding = found("clock", sample("date/debian-12.txt", **changes))
    assert (finding.state, finding.message.key) == (State.UNKNOWN, key)
