"""What UPSs say by NUT and by SNMP, and what is believed of it."""

import pytest

from itops.checks.answers import NutAnswer, SnmpAnswer
from itops.checks.base import Limits, State
from itops.checks.kinds import ups_nut, ups_snmp
from tests.checks.reading import found

MIB = "1.3.6.1.2.1.33.1"
WELL = {f"{MIB}.2.1.0": 2, f"{MIB}.4.1.0": 3, f"{MIB}.6.1.0": 0, f"{MIB}.7.3.0": 1}


def nut(**variables):
    return NutAnswer({name.replace("_", "."): value for name, value in variables.items()})


@pytest.mark.parametrize(
    ("status", "state", "key"),
    [
        ("OL", State.OK, "on_line"),
        ("OL CHRG", State.OK, "on_line"),
        ("OL BOOST", State.OK, "on_line"),
        ("ol chrg", State.OK, "on_line"),
        ("OB", State.WARNING, "on_battery"),
        ("OB DISCHRG LB", State.CRITICAL, "battery_low"),
        ("OL LB", State.WARNING, "low_on_line"),
        ("OL DISCHRG CAL", State.OK, "tests_itself"),
        ("OB DISCHRG TEST", State.OK, "tests_itself"),
        ("OB LB TEST", State.WARNING, "low_on_line"),
        ("OL RB", State.WARNING, "replace_battery"),
        ("OL OVER", State.CRITICAL, "overloaded"),
        ("OFF", State.CRITICAL, "off"),
        ("OL OFF", State.CRITICAL, "off"),
        ("BYPASS", State.WARNING, "bypass"),
        ("FSD OB LB", State.CRITICAL, "shutting_down"),
        ("FSD OL", State.CRITICAL, "shutting_down"),
        ("OL A-NEW-WORD", State.OK, "on_line"),
        ("A-NEW-WORD", State.UNKNOWN, "no_source"),
        ("CHRG", State.UNKNOWN, "no_source"),
        ("WAIT", State.UNKNOWN, "waiting"),
        ("", State.UNKNOWN, "no_status"),
        ("   ", State.UNKNOWN, "no_status"),
    ],
)
def test_each_status_means_something(status, state, key):
    finding = found("ups_nut", nut(ups_status=status))
    assert finding.state is state
    if key != "battery_low":
        assert finding.message.key == f"check.ups.{key}"


def test_a_test_that_only_its_result_tells_of_is_one_too():
    answer = nut(ups_status="OB DISCHRG", ups_test_result="In progress")
    assert found("ups_nut", answer).message.key == "check.ups.tests_itself"


@pytest.mark.parametrize(
    ("error", "key"),
    [
        ("DATA-STALE", "stale"),
        ("DRIVER-NOT-CONNECTED", "no_driver"),
        ("UNKNOWN-UPS", "unknown_ups"),
        ("ACCESS-DENIED", "access_denied"),
        ("SOMETHING-ELSE", "nut_error"),
    ],
)
def test_each_error_of_upsd_is_unknown(error, key):
    finding = found("ups_nut", NutAnswer(error=error))
    assert (finding.state, finding.message.key) == (State.UNKNOWN, f"check.ups.{key}")


def test_what_cannot_be_is_kept_as_reported_and_not_believed():
    answer = nut(
        ups_status="OL",
        battery_charge="255",
        battery_runtime="3932100",
        battery_temperature="-232",
        ups_load="255",
        input_voltage="n/a",
        output_voltage="230.1",
    )
    ups = ups_nut.parse(answer)
    assert ups.doubted == {
        "charge_percent": "255",
        "runtime_seconds": "3932100",
        "battery_celsius": "-232",
        "load_percent": "255",
        "input_volts": "n/a",
    }
    assert found("ups_nut", answer).metrics == {"ups.output_volts": 230.1, "ups.on_battery": 0}
    assert found("ups_nut", answer).state is State.OK


@pytest.mark.parametrize("text", ["nan", "inf", "-inf", "1e999", "0x10", "١٢", " ", "1_0"])
def test_a_figure_that_is_none_is_no_figure(text):
    metrics = found("ups_nut", nut(ups_status="OL", battery_charge=text)).metrics
    assert set(metrics) == {"ups.on_battery"}


def test_absent_is_not_zero():
    assert found("ups_nut", nut(ups_status="OL")).metrics == {"ups.on_battery": 0.0}
    assert found("ups_nut", nut(ups_status="OL", battery_charge="0")).state is State.CRITICAL


def test_limits_of_figures_may_be_set():
    answer = nut(ups_status="OL", ups_load="50")
    assert found("ups_nut", answer, {"ups_load": Limits(40, 60)}).state is State.WARNING


def test_units_of_the_mib_become_ours():
    """RFC 1628: minutes, tenths of a volt and of a hertz; of three phases the highest counts."""
    values = {
        **WELL,
        f"{MIB}.2.3.0": 30,
        f"{MIB}.2.4.0": 98,
        f"{MIB}.2.5.0": 2740,
        f"{MIB}.2.7.0": 27,
        f"{MIB}.3.3.1.2.1": 500,
        f"{MIB}.3.3.1.3.1": 220,
        f"{MIB}.4.4.1.2.1": 230,
        f"{MIB}.4.4.1.5.1": 35,
        f"{MIB}.4.4.1.5.2": 41,
        f"{MIB}.4.4.1.5.3": 12,
    }
    finding = found("ups_snmp", SnmpAnswer(values))
    assert (finding.state, finding.message.key) == (State.OK, "check.ups.on_line")
    assert finding.metrics == {
        "ups.runtime_seconds": 1800,
        "ups.charge_percent": 98,
        "ups.battery_volts": 274,
        "ups.battery_celsius": 27,
        "ups.input_hertz": 50,
        "ups.input_volts": 220,
        "ups.output_volts": 230,
        "ups.load_percent": 41,
        "ups.on_battery": 0,
    }


@pytest.mark.parametrize(
    ("changed", "state", "key"),
    [
        ({f"{MIB}.4.1.0": 5}, State.WARNING, "on_battery"),
        ({f"{MIB}.4.1.0": 5, f"{MIB}.2.1.0": 3}, State.CRITICAL, "battery_low"),
        ({f"{MIB}.4.1.0": 5, f"{MIB}.2.1.0": 4}, State.CRITICAL, "battery_low"),
        ({f"{MIB}.4.1.0": 5, f"{MIB}.7.3.0": 5}, State.OK, "tests_itself"),
        ({f"{MIB}.4.1.0": 2}, State.CRITICAL, "off"),
        ({f"{MIB}.4.1.0": 4}, State.WARNING, "bypass"),
        ({f"{MIB}.4.1.0": 6}, State.OK, "on_line"),
        ({f"{MIB}.4.1.0": 7}, State.OK, "on_line"),
        ({f"{MIB}.4.1.0": 1}, State.UNKNOWN, "no_source"),
        ({f"{MIB}.4.1.0": 99}, State.UNKNOWN, "no_source"),
        ({f"{MIB}.4.1.0": "normal"}, State.UNKNOWN, "no_source"),
        ({f"{MIB}.6.1.0": 2}, State.WARNING, "alarm"),
        ({f"{MIB}.2.1.0": 3}, State.WARNING, "low_on_line"),
    ],
)
def test_the_words_of_the_mib_are_those_of_nut(changed, state, key):
    finding = found("ups_snmp", SnmpAnswer({**WELL, **changed}))
    assert (finding.state, finding.message.key) == (state, f"check.ups.{key}")


def test_a_device_without_the_mib_says_so():
    finding = found("ups_snmp", SnmpAnswer({"1.3.6.1.2.1.1.5.0": "switch-3"}))
    assert (finding.state, finding.message.key) == (State.UNKNOWN, "check.ups.no_mib")


def test_both_ways_ask_only_to_read():
    assert ups_snmp.ask(ups_snmp.Params()).columns
    assert ups_nut.ask(ups_nut.Params()).ups == "ups"
