"""A UPS with a network card that knows the UPS-MIB (RFC 1628)."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from itops.checks import ups
from itops.checks.answers import SnmpAnswer
from itops.checks.base import Finding, Unreadable
from itops.checks.kind import CheckKind, LimitSet
from itops.checks.parameters import PORT, parameter
from itops.checks.questions import SnmpQuestion, Transport
from itops.checks.ups import Flag, Ups

MIB = "1.3.6.1.2.1.33.1"
BATTERY_STATUS = f"{MIB}.2.1.0"
OUTPUT_SOURCE = f"{MIB}.4.1.0"
ALARMS_PRESENT = f"{MIB}.6.1.0"
TEST_RESULT = f"{MIB}.7.3.0"
INPUT_VOLTAGE = f"{MIB}.3.3.1.3"
INPUT_FREQUENCY = f"{MIB}.3.3.1.2"
OUTPUT_VOLTAGE = f"{MIB}.4.4.1.2"
OUTPUT_LOAD = f"{MIB}.4.4.1.5"
#: Figure → object and what its unit is in ours (minutes are 60 s, tenths of a volt 0.1 V).
SCALARS: Mapping[str, tuple[str, float]] = {
    "runtime_seconds": (f"{MIB}.2.3.0", 60),
    "charge_percent": (f"{MIB}.2.4.0", 1),
    "battery_volts": (f"{MIB}.2.5.0", 0.1),
    "battery_celsius": (f"{MIB}.2.7.0", 1),
}
#: Figure → column, unit, and which of several lines stands for all.
COLUMNS: Mapping[str, tuple[str, float]] = {
    "input_volts": (INPUT_VOLTAGE, 1),
    "input_hertz": (INPUT_FREQUENCY, 0.1),
    "output_volts": (OUTPUT_VOLTAGE, 1),
    "load_percent": (OUTPUT_LOAD, 1),
}
#: upsOutputSource: 1 other, 2 none, 3 normal, 4 bypass, 5 battery, 6 booster, 7 reducer.
SOURCES: Mapping[int, frozenset[Flag]] = {
    2: frozenset({Flag.OFF}),
    3: frozenset({Flag.ON_LINE}),
    4: frozenset({Flag.BYPASS}),
    5: frozenset({Flag.ON_BATTERY}),
    6: frozenset({Flag.ON_LINE, Flag.BOOSTING}),
    7: frozenset({Flag.ON_LINE, Flag.TRIMMING}),
}
#: upsBatteryStatus: 3 low, 4 depleted. upsTestResultsSummary: 5 in progress.
LOW = (3, 4)
IN_PROGRESS = 5


@dataclass(frozen=True)
class Params:
    port: int = parameter(PORT, 161)


def ask(params: Params) -> SnmpQuestion:
    scalars = [BATTERY_STATUS, OUTPUT_SOURCE, ALARMS_PRESENT, TEST_RESULT]
    scalars += [oid for oid, _ in SCALARS.values()]
    return SnmpQuestion(params.port, scalars, [oid for oid, _ in COLUMNS.values()])


def parse(answer: SnmpAnswer) -> Ups:
    """Given values of the UPS-MIB, return what they say. Raise Unreadable.

    .4.1.0 = 5 (battery), .2.1.0 = 2 (normal), .2.3.0 = 22 (minutes), .4.4.1.5.1 = 35 (%)
    """
    values = answer.values
    source = values.get(OUTPUT_SOURCE)
    if source is None and BATTERY_STATUS not in values:
        raise Unreadable("check.ups.no_mib")
    flags = set(SOURCES.get(source, ())) if isinstance(source, int) else set()
    if values.get(BATTERY_STATUS) in LOW:
        flags.add(Flag.LOW_BATTERY)
    if values.get(TEST_RESULT) == IN_PROGRESS:
        flags.add(Flag.TESTING)
    alarms = values.get(ALARMS_PRESENT, 0)
    if isinstance(alarms, int) and alarms > 0:
        flags.add(Flag.ALARM)
    figures, doubted = ups.believed(dict(reported(values)))
    status = f"upsOutputSource {source}" if source is not None else ""
    return Ups(frozenset(flags), figures, doubted, status, str(alarms))


def reported(values: Mapping[str, int | str]) -> Iterator[tuple[str, tuple[str, float]]]:
    """Yield each figure that is there. Of several lines the highest stands for all of a column."""
    for figure, (oid, factor) in SCALARS.items():
        if oid in values:
            yield figure, (str(values[oid]), factor)
    for figure, (column, factor) in COLUMNS.items():
        lines = [
            value
            for oid, value in values.items()
            if oid.startswith(f"{column}.") and isinstance(value, int)
        ]
        if lines:
            yield figure, (str(max(lines)), factor)


def evaluate(parsed: Ups, params: Params, limits: LimitSet) -> Finding:  # noqa: ARG001
    return ups.judge("ups_snmp", parsed, limits)


KIND = CheckKind(
    name="ups_snmp",
    transport=Transport.SNMP,
    params=Params,
    ask=ask,
    parse=parse,
    evaluate=evaluate,
    limits=ups.LIMITS,
    interval_seconds=60,
    metrics=ups.METRICS,
)
