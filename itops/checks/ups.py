"""What a UPS says of itself, what of that can be believed, and what it means.

Devices report 255 % load, a battery at -232 °C and 65,535 minutes left: a figure out of the range
that its unit can have is kept as reported and not believed. Absent is not 0.
"""

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from enum import StrEnum

from itops.checks.base import BOARD_ORDER, Finding, Limits, State, Unreadable
from itops.checks.kind import LimitField, LimitSet
from itops.checks.metrics import Unit
from itops.errors import Message


class Flag(StrEnum):
    """The words of NUT's ups.status that we judge (NUT's new-drivers.txt, "Status data")."""

    ON_LINE = "OL"
    ON_BATTERY = "OB"
    LOW_BATTERY = "LB"
    HIGH_BATTERY = "HB"
    REPLACE_BATTERY = "RB"
    CHARGING = "CHRG"
    DISCHARGING = "DISCHRG"
    BYPASS = "BYPASS"
    CALIBRATING = "CAL"
    TESTING = "TEST"
    OFF = "OFF"
    OVERLOADED = "OVER"
    TRIMMING = "TRIM"
    BOOSTING = "BOOST"
    SHUTTING_DOWN = "FSD"
    ALARM = "ALARM"
    ECONOMY = "ECO"


#: A UPS that says none of these has not said where its output comes from.
SOURCES = frozenset({Flag.ON_LINE, Flag.ON_BATTERY, Flag.BYPASS, Flag.OFF})
#: The UPS itself discharges its battery to see what it holds.
OWN_TESTS = frozenset({Flag.CALIBRATING, Flag.TESTING})
#: As devices write it ("061.1"); Python alone would take "1_0" and other scripts' digits too.
NUMBER = re.compile(r"[+-]?[0-9]{1,12}(\.[0-9]{0,12})?")
DAY = 86_400


@dataclass(frozen=True)
class Figures:
    """What can be believed, in units of people; None is absent or not believed."""

    charge_percent: float | None = None
    runtime_seconds: float | None = None
    load_percent: float | None = None
    battery_volts: float | None = None
    battery_celsius: float | None = None
    input_volts: float | None = None
    input_hertz: float | None = None
    output_volts: float | None = None


#: Between which values each figure is believed. Nothing in a machine room runs a week on battery.
BELIEVED: Mapping[str, tuple[float, float]] = {
    "charge_percent": (0, 100),
    "runtime_seconds": (0, 7 * DAY),
    "load_percent": (0, 200),
    "battery_volts": (0, 1000),
    "battery_celsius": (-20, 90),
    "input_volts": (0, 1000),
    "input_hertz": (0, 400),
    "output_volts": (0, 1000),
}


@dataclass(frozen=True)
class Ups:
    """One look at a UPS."""

    flags: frozenset[Flag]
    figures: Figures
    #: What was reported and is not believed: name of the figure and the text.
    doubted: Mapping[str, str] = field(default_factory=dict)
    #: The status as it stood, for people.
    status: str = ""
    #: What the UPS says of its alarm.
    alarm: str = ""

    @property
    def tests_itself(self) -> bool:
        return bool(self.flags & OWN_TESTS)


def believed(reported: Mapping[str, tuple[str, float]]) -> tuple[Figures, dict[str, str]]:
    """Given figure → (text, factor to our unit), return what is believed and what is not."""
    found: dict[str, float] = {}
    doubted: dict[str, str] = {}
    for name, (text, factor) in reported.items():
        low, high = BELIEVED[name]
        value = float(text) * factor if NUMBER.fullmatch(text) else math.nan
        if low <= value <= high:
            found[name] = round(value, 3)
        else:
            doubted[name] = text
    return Figures(**found), doubted


LIMITS = (
    LimitField("charge", Limits(60, 30), Unit.PERCENT, is_lower_worse=True),
    LimitField("runtime", Limits(600, 300), Unit.SECONDS, is_lower_worse=True),
    LimitField("ups_load", Limits(80, 95), Unit.PERCENT),
    # Every 10 K above 25 °C halves a lead battery's life.
    LimitField("battery_temperature", Limits(35, 45), Unit.CELSIUS),
)
METRICS = (*(f"ups.{one.name}" for one in fields(Figures)), "ups.on_battery")


def judge(name: str, ups: Ups, limits: LimitSet) -> Finding:
    """Return the worst that a UPS says, by its status and by its figures. Raise Unreadable."""
    if not ups.flags & SOURCES:
        if ups.status.strip():
            raise Unreadable("check.ups.no_source", status=ups.status.strip()[:80])
        raise Unreadable("check.ups.no_status")
    judged = [*by_status(ups), *by_figures(ups.figures, limits)]
    state, message = min(judged, key=lambda one: BOARD_ORDER.index(one[0]))
    metrics = {
        f"ups.{one.name}": value
        for one in fields(Figures)
        if (value := getattr(ups.figures, one.name)) is not None
    }
    is_drawing = Flag.ON_BATTERY in ups.flags and not ups.tests_itself
    return Finding(name, state, message, {**metrics, "ups.on_battery": float(is_drawing)})


#: What each word means by itself, in the order in which it is said.
MEANS = (
    (Flag.SHUTTING_DOWN, State.CRITICAL, "check.ups.shutting_down"),
    (Flag.OFF, State.CRITICAL, "check.ups.off"),
    (Flag.OVERLOADED, State.CRITICAL, "check.ups.overloaded"),
    (Flag.ON_BATTERY, State.WARNING, "check.ups.on_battery"),
    (Flag.REPLACE_BATTERY, State.WARNING, "check.ups.replace_battery"),
    (Flag.LOW_BATTERY, State.WARNING, "check.ups.low_on_line"),
    (Flag.BYPASS, State.WARNING, "check.ups.bypass"),
    (Flag.HIGH_BATTERY, State.WARNING, "check.ups.high_battery"),
    (Flag.ALARM, State.WARNING, "check.ups.alarm"),
)


def by_status(ups: Ups) -> Iterator[tuple[State, Message]]:
    """Yield what the words mean; the first of the worst is what is said."""
    flags = ups.flags - {Flag.ON_BATTERY} if ups.tests_itself else ups.flags
    for flag, state, key in MEANS:
        if flag in flags:
            yield state, Message(key, {"said": ups.alarm.strip()[:120]})
    if flags >= {Flag.ON_BATTERY, Flag.LOW_BATTERY}:
        yield State.CRITICAL, Message("check.ups.battery_low")
    key = "check.ups.tests_itself" if ups.tests_itself else "check.ups.on_line"
    yield State.OK, Message(key)


def by_figures(figures: Figures, limits: LimitSet) -> Iterator[tuple[State, Message]]:
    """Yield what the believed figures mean."""
    if figures.charge_percent is not None:
        state = limits["charge"].grade_low(figures.charge_percent)
        yield state, Message("check.ups.charge", {"value": figures.charge_percent})
    if figures.runtime_seconds is not None:
        state = limits["runtime"].grade_low(figures.runtime_seconds)
        said = {"minutes": round(figures.runtime_seconds / 60, 1)}
        yield state, Message("check.ups.runtime", said)
    if figures.load_percent is not None:
        state = limits["ups_load"].grade(figures.load_percent)
        yield state, Message("check.ups.load", {"value": figures.load_percent})
    if figures.battery_celsius is not None:
        state = limits["battery_temperature"].grade(figures.battery_celsius)
        yield state, Message("check.ups.hot", {"value": figures.battery_celsius})
