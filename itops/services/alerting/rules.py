"""The rules of alerts: how many bad verdicts in a row, from which state on, and what they hide."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from types import MappingProxyType

from itops.checks.base import State

LONGEST_NAME = 120
#: The host or the machine is not heard at all.
SILENCE = "silence"
#: The verdict on a check, a module, a backup job as a whole.
CHECK, MODULE, BACKUP = "check", "module", "backup"
#: A place is heard again, and some of its machines are not: what is said of it last.
STILL_SILENT = "alert.still_silent"
#: Messages can't be sent through a channel.
CHANNEL = "channel"

#: A network that is cut is noticed of one machine after the other; wait for the others.
PATIENCE = timedelta(seconds=60)
#: After an episode is over, trouble of the same kind within this time is the same unrest.
UNREST = timedelta(hours=1)
#: How long it must be well before it is believed, by how often it came back; then it doubles.
FIRST_HOLD = timedelta(minutes=15)
LONGEST_HOLD = timedelta(hours=4)


@dataclass(frozen=True)
class AlertRule:
    """What makes trouble an alert."""

    #: Bad verdicts in a row. What measures often enough itself (agents' limits) needs one.
    attempts: int = 1
    #: Milder states are shown where they are measured, and nobody is told.
    from_state: State = State.WARNING
    #: Whether what stands on the subject can't work, so that its alerts say nothing new.
    is_dead: bool = False


#: By a rule's name, or by what stands before its first colon ("disk:/var").
RULES: Mapping[str, AlertRule] = MappingProxyType(
    {
        SILENCE: AlertRule(is_dead=True),
        CHECK: AlertRule(attempts=1),
        MODULE: AlertRule(is_dead=True),
        BACKUP: AlertRule(),
        CHANNEL: AlertRule(),
        # A machine that nobody can reach, or that has no power, carries nothing.
        "ping": AlertRule(attempts=2, is_dead=True),
        "power": AlertRule(is_dead=True),
    }
)
USUAL = AlertRule()


def rule_of(name: str) -> AlertRule:
    """Return the rule of this name; most findings of hosts follow the usual one."""
    return RULES.get(name) or RULES.get(name.partition(":")[0], USUAL)


def fitted(name: str) -> str:
    """Return a rule's name as the table holds it; mount points may be longer than any column."""
    if len(name) <= LONGEST_NAME:
        return name
    digest = hashlib.sha256(name.encode()).hexdigest()[:16]
    return f"{name[: LONGEST_NAME - 17]}~{digest}"


def is_bad(state: State, rule: AlertRule) -> bool:
    """Whether a verdict is bad enough for this rule."""
    order = list(State)
    return order.index(state) >= order.index(rule.from_state)


def hold(returns: int) -> timedelta:
    """Return how long it must be well before an episode is over that came back so often."""
    if not returns:
        return timedelta(0)
    doubled: timedelta = FIRST_HOLD * 2 ** min(returns - 1, 10)
    return min(doubled, LONGEST_HOLD)
