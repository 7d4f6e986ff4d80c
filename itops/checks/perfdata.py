"""What a monitoring plugin prints after the bar: figures with units and ranges.

The format is that of the Monitoring Plugins' guidelines ("Performance data" and "Threshold and
Ranges"): 'label'=value[unit];[warning];[critical];[lowest];[highest], with blanks between.
"""

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass

#: A label holds no `=`, and blanks only within quotes; a quote in a quoted one is doubled.
#: It begins where a word does, so that each letter is looked at once.
ITEM = re.compile(r"(?<!\S)(?:'((?:[^']|'')*)'|([^\s'=]+))=(\S*)")
VALUE = re.compile(r"(-?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,3})?)([^\d;.,-][^;]*)?")
#: Longer is no figure.
LONGEST_VALUE = 80

#: Each unit's family of metrics, and what one of it is.
UNITS = {
    "": ("value", 1.0),
    "c": ("value", 1.0),
    "%": ("percent", 1.0),
    "s": ("seconds", 1.0),
    "ms": ("seconds", 1e-3),
    "us": ("seconds", 1e-6),
    "ns": ("seconds", 1e-9),
    "b": ("bytes", 1.0),
    "kb": ("bytes", 1024.0),
    "mb": ("bytes", 1024.0**2),
    "gb": ("bytes", 1024.0**3),
    "tb": ("bytes", 1024.0**4),
    "kib": ("bytes", 1024.0),
    "mib": ("bytes", 1024.0**2),
    "gib": ("bytes", 1024.0**3),
    "tib": ("bytes", 1024.0**4),
}


@dataclass(frozen=True)
class Range:
    """From `low` to `high`; an alarm is raised outside it, or inside if it is turned round."""

    low: float
    high: float
    is_turned: bool = False

    def alarms(self, value: float) -> bool:
        return (self.low <= value <= self.high) is self.is_turned


@dataclass(frozen=True)
class Figure:
    """One figure of a plugin. A value that the plugin itself does not know is None."""

    label: str
    value: float | None
    unit: str = ""
    warning: Range | None = None
    critical: Range | None = None

    @property
    def metric(self) -> tuple[str, float] | None:
        """Return the metric's name and its value in the family's unit."""
        if self.value is None:
            return None
        family, factor = UNITS.get(self.unit.lower(), ("value", 1.0))
        return f"plugin.{family}:{self.label}", self.value * factor


def figures(text: str) -> Iterator[Figure]:
    """Yield the figures of a line of performance data; what is none is passed over.

    >>> [each.metric for each in figures("'disk /'=512MB;;;0;1024 time=20ms;10:;@5:9")]
    [('plugin.bytes:disk /', 536870912.0), ('plugin.seconds:time', 0.02)]
    """
    for match in ITEM.finditer(text):
        quoted, plain, rest = match.groups()
        label = quoted.replace("''", "'") if quoted is not None else plain
        value, *limits = rest.split(";")
        if label and (figure := figure_of(label[:80], value, limits)) is not None:
            yield figure


def figure_of(label: str, value: str, limits: list[str]) -> Figure | None:
    warning, critical, *_ = [*(range_of(limit) for limit in limits), None, None]
    if value == "U":
        return Figure(label, None, "", warning, critical)
    match = VALUE.fullmatch(value) if len(value) <= LONGEST_VALUE else None
    if match is None or not math.isfinite(number := float(match[1])):
        return None
    return Figure(label, number, match[2] or "", warning, critical)


def range_of(text: str) -> Range | None:
    """Return a range as the guidelines write it, or None for nothing or nonsense.

    >>> range_of("10"), range_of("~:10"), range_of("@10:20")
    (Range(low=0.0, high=10.0, is_turned=False), Range(low=-inf, high=10.0, is_turned=False), \
Range(low=10.0, high=20.0, is_turned=True))
    """
    is_turned = text.startswith("@")
    low, colon, high = text.removeprefix("@").rpartition(":")
    try:
        start = -math.inf if low == "~" else float(low) if colon and low else 0.0
        end = float(high) if high else math.inf
    except ValueError:
        return None
    if text in ("", "@") or math.isnan(start) or math.isnan(end) or start > end:
        return None
    return Range(start, end, is_turned)
