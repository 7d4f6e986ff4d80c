"""A UPS that Network UPS Tools watches, asked by its own protocol."""

from collections.abc import Mapping
from dataclasses import dataclass

from itops.checks import ups
from itops.checks.answers import NutAnswer
from itops.checks.base import Finding, Unreadable
from itops.checks.kind import CheckKind, LimitSet
from itops.checks.parameters import PORT, parameter, text
from itops.checks.questions import NutQuestion, Transport
from itops.checks.ups import Flag, Ups

UPS_NAME = text("check.rule.ups_name", r"[A-Za-z0-9_][A-Za-z0-9_.-]*", longest=80, example="ups")
#: Figure → NUT's variables in the order of preference; NUT's units are ours (seconds, V, %).
VARIABLES: Mapping[str, tuple[str, ...]] = {
    "charge_percent": ("battery.charge",),
    "runtime_seconds": ("battery.runtime",),
    "load_percent": ("ups.load",),
    "battery_volts": ("battery.voltage",),
    # ups.temperature is the electronics': some devices have only that, but it is another figure.
    "battery_celsius": ("battery.temperature",),
    "input_volts": ("input.voltage", "input.L1-N.voltage", "input.L1-L2.voltage"),
    "input_hertz": ("input.frequency",),
    "output_volts": ("output.voltage", "output.L1-N.voltage", "output.L1-L2.voltage"),
}
#: What drivers write while the UPS tests itself; other results are opaque.
TEST_RUNS = ("in progress", "running", "test in progress")


@dataclass(frozen=True)
class Params:
    """The name that the UPS has in ups.conf."""

    ups: str = parameter(UPS_NAME, "ups")
    port: int = parameter(PORT, 3493)


def ask(params: Params) -> NutQuestion:
    return NutQuestion(params.port, params.ups)


def parse(answer: NutAnswer) -> Ups:
    """Given a UPS's variables, return what they say. Raise Unreadable.

    ups.status: OB DISCHRG
    battery.charge: 93
    battery.runtime: 1534
    """
    if answer.error:
        raise Unreadable(ERRORS.get(answer.error, "check.ups.nut_error"), error=answer.error[:80])
    variables = {name: value.strip() for name, value in answer.variables.items()}
    status = variables.get("ups.status", "")
    if status.upper() == "WAIT":
        raise Unreadable("check.ups.waiting")
    reported = {}
    for figure, names in VARIABLES.items():
        if said := next((variables[name] for name in names if variables.get(name)), ""):
            reported[figure] = (said, 1.0)
    figures, doubted = ups.believed(reported)
    flags = {Flag(word) for word in status.upper().split() if word in set(Flag)}
    if variables.get("ups.test.result", "").lower() in TEST_RUNS:
        flags.add(Flag.TESTING)
    return Ups(frozenset(flags), figures, doubted, status, variables.get("ups.alarm", ""))


#: upsd's own words for what it does not know, never to be taken for "on line".
ERRORS = {
    "DATA-STALE": "check.ups.stale",
    "DRIVER-NOT-CONNECTED": "check.ups.no_driver",
    "UNKNOWN-UPS": "check.ups.unknown_ups",
    "ACCESS-DENIED": "check.ups.access_denied",
}


def evaluate(parsed: Ups, params: Params, limits: LimitSet) -> Finding:  # noqa: ARG001
    return ups.judge("ups_nut", parsed, limits)


KIND = CheckKind(
    name="ups_nut",
    transport=Transport.NUT,
    params=Params,
    ask=ask,
    parse=parse,
    evaluate=evaluate,
    limits=ups.LIMITS,
    interval_seconds=60,
    metrics=ups.METRICS,
)
