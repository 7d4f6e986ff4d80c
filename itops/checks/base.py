"""The parts of a check: states, limits, and a finding that says why."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import Any

from itops.errors import ItopsError, Message


class State(StrEnum):
    """The four outcomes of a check, mildest first. Compare them with `worst`, never with `<`."""

    OK = "ok"
    WARNING = "warning"
    UNKNOWN = "unknown"
    CRITICAL = "critical"

    @classmethod
    def worst(cls, *states: "State") -> "State":
        """Return the worst of `states`; no states are OK."""
        return max(states, key=list(cls).index, default=cls.OK)


#: The order of states on boards: worst first, and what we don't know before what is merely amber.
BOARD_ORDER = (State.CRITICAL, State.UNKNOWN, State.WARNING, State.OK)


class Unreadable(ItopsError):
    """What came back says nothing that we could judge: the check is UNKNOWN, never OK."""


@dataclass(frozen=True)
class Limits:
    """From which value on a figure is a warning and critical (either may be missing)."""

    warning: float | None = None
    critical: float | None = None

    def grade(self, value: float) -> State:
        """Given a figure that is worse the higher it is, return its state."""
        if self.critical is not None and value >= self.critical:
            return State.CRITICAL
        if self.warning is not None and value >= self.warning:
            return State.WARNING
        return State.OK

    def grade_low(self, value: float) -> State:
        """Given a figure that is worse the lower it is, return its state; a limit is still fine."""
        if self.critical is not None and value < self.critical:
            return State.CRITICAL
        if self.warning is not None and value < self.warning:
            return State.WARNING
        return State.OK


@dataclass(frozen=True)
class Finding:
    """What a check concluded: a state, a message that says why, and the figures behind it."""

    name: str
    state: State
    message: Message
    metrics: Mapping[str, float] = field(default_factory=dict)
    #: False for what can't be seen here at all ("no sensor"): shown, but it makes nobody worse.
    counts: bool = True

    def as_json(self) -> dict[str, Any]:
        """Return what is stored with a state and read by pages."""
        return {
            "name": self.name,
            "state": self.state.value,
            "message": self.message.as_json(),
            "counts": self.counts,
        }

    @cached_property
    def text(self) -> str:
        """The JSON text of `as_json`."""
        return json.dumps(self.as_json(), ensure_ascii=False, separators=(",", ":"))
