"""How far a machine's clock is off ours."""

import re
from dataclasses import dataclass

from itops.checks.answers import Output
from itops.checks.base import Finding, Limits, Unreadable
from itops.checks.kind import CheckKind, LimitField, LimitSet
from itops.checks.metrics import Unit
from itops.checks.questions import Command, Transport
from itops.errors import Message

COMMAND = "export LC_ALL=C; date +%s.%N"
#: GNU's date knows nanoseconds; others leave the letter or nothing.
TIME = re.compile(r"(\d{9,12})(?:\.(\d{1,9})|\.?%?N?)")


@dataclass(frozen=True)
class Params:
    """Nothing can be chosen."""


@dataclass(frozen=True)
class Skew:
    """Seconds ahead of us, and how much of that may be the way there and back."""

    seconds: float
    uncertain_seconds: float


def ask(params: Params) -> Command:  # noqa: ARG001 - there is nothing to choose
    return Command("clock", COMMAND)


def parse(output: Output) -> Skew:
    """Given what date printed, return the skew. Raise Unreadable.

    1763870400.123456789
    """
    match = TIME.fullmatch(output.stdout.strip())
    if match is None:
        raise Unreadable("check.unreadable", tool="date")
    whole, fraction = match.groups()
    there = float(whole) + (float(f"0.{fraction}") if fraction else 0.5)
    here = output.sent_at.timestamp() + output.seconds / 2
    return Skew(there - here, output.seconds / 2 + (0.0 if fraction else 0.5))


def evaluate(parsed: Skew, params: Params, limits: LimitSet) -> Finding:  # noqa: ARG001
    """Judge only what is surely wrong: a slow line must not look like a wrong clock."""
    surely = max(0.0, abs(parsed.seconds) - parsed.uncertain_seconds)
    said = {"value": round(parsed.seconds, 1), "uncertain": round(parsed.uncertain_seconds, 1)}
    metrics = {"clock.skew_seconds": round(parsed.seconds, 3)}
    return Finding(
        "clock", limits["skew"].grade(surely), Message("check.clock.said", said), metrics
    )


KIND = CheckKind(
    name="clock",
    transport=Transport.SSH,
    params=Params,
    ask=ask,
    parse=parse,
    evaluate=evaluate,
    # Kerberos refuses sign-in at 5 minutes (RFC 4120, 7.5.1).
    limits=(LimitField("skew", Limits(30, 300), Unit.SECONDS),),
    interval_seconds=3600,
    metrics=("clock.skew_seconds",),
)
