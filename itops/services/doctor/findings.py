"""What the doctor says: a state, what it means, and how to mend it."""

from dataclasses import dataclass
from typing import Any

from itops.checks.base import State
from itops.errors import Message


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at; `mend` is None where nothing is to be done."""

    check: str
    state: State
    means: Message
    mend: Message | None


def found(check: str, state: State, **params: Any) -> Finding:
    """Return a finding with the sentence `.ok` of its check, or with `.wrong` and `.mend`."""
    if state is State.OK:
        return Finding(check, state, Message(f"doctor.{check}.ok", params), None)
    wrong, mend = Message(f"doctor.{check}.wrong", params), Message(f"doctor.{check}.mend", params)
    return Finding(check, state, wrong, mend)
