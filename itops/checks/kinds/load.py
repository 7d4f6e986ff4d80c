"""How many processes want a processor, for each processor that there is."""

from dataclasses import dataclass

from itops.checks.answers import Output
from itops.checks.base import Finding, Limits, Unreadable
from itops.checks.kind import CheckKind, LimitField, LimitSet
from itops.checks.questions import Command, Transport
from itops.errors import Message

COMMAND = (
    "export LC_ALL=C; cat /proc/loadavg;"
    " getconf _NPROCESSORS_ONLN 2>/dev/null || grep -c ^processor /proc/cpuinfo"
)
#: More would not be a machine that we know.
MOST_PROCESSORS = 8192


@dataclass(frozen=True)
class Params:
    """Nothing can be chosen."""


@dataclass(frozen=True)
class Load:
    """Averages over 1, 5 and 15 minutes, and the number of processors."""

    m1: float
    m5: float
    m15: float
    processors: int


def ask(params: Params) -> Command:  # noqa: ARG001 - there is nothing to choose
    return Command("load", COMMAND)


def parse(output: Output) -> Load:
    """Given what the command printed, return the load. Raise Unreadable.

    0.52 0.58 0.59 1/467 12345
    8
    """
    try:
        averages, processors = output.stdout.strip().splitlines()
        m1, m5, m15, _, _ = averages.split()
        load = Load(float(m1), float(m5), float(m15), int(processors))
    except ValueError as error:
        raise Unreadable("check.unreadable", tool="/proc/loadavg") from error
    figures = (load.m1, load.m5, load.m15)
    if not (1 <= load.processors <= MOST_PROCESSORS and all(0 <= one < 1e6 for one in figures)):
        raise Unreadable("check.unreadable", tool="/proc/loadavg")
    return load


def evaluate(parsed: Load, params: Params, limits: LimitSet) -> Finding:  # noqa: ARG001
    """Judge the average over five minutes: one minute is over before anybody looks."""
    each = parsed.m5 / parsed.processors
    said = {"value": round(each, 2), "m5": parsed.m5, "n": parsed.processors}
    metrics = {"load.m1": parsed.m1, "load.m5": parsed.m5, "load.m15": parsed.m15}
    return Finding("load", limits["load"].grade(each), Message("check.load.said", said), metrics)


KIND = CheckKind(
    name="load",
    transport=Transport.SSH,
    params=Params,
    ask=ask,
    parse=parse,
    evaluate=evaluate,
    limits=(LimitField("load", Limits(1.5, 3)),),
    metrics=("load.m1", "load.m5", "load.m15"),
)
