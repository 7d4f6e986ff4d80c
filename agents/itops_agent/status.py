"""What the running agent leaves for `itops-agent status`: how the last attempts went."""

from __future__ import annotations

import json
import os
import time

from itops_agent import texts

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from itops_agent.sending.sender import Outcome

    Status = dict[str, Any]


def write(path: str, status: Status) -> None:
    """Write over what was there, which is cheap. A torn status reads as none."""
    data = json.dumps(status).encode()
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o644)
    try:
        os.write(handle, data)
        os.ftruncate(handle, len(data))
    finally:
        os.close(handle)


def read(path: str) -> Status | None:
    """Return what the agent wrote last; None if it never ran."""
    try:
        with open(path, encoding="utf-8") as file:
            status = json.load(file)
    except (OSError, ValueError):
        return None
    return status if isinstance(status, dict) else None


def after(before: Status, outcome: Outcome, *, at: float, waiting: int, dropped: int) -> Status:
    """Return the status after an attempt to send."""
    told = {
        "attempted_at": at,
        "outcome": outcome.key,
        "params": outcome.params,
        "waiting": waiting,
        "dropped": dropped,
    }
    if outcome.key == "send.done":
        told["arrived_at"] = at
        told["enrolment"] = outcome.enrolment
        told["clock_skew_seconds"] = outcome.skew_seconds
    return {**before, **told}


def lines(seen: Status, outcome: str) -> list[str]:
    """Return the status for a person to read."""
    rows = [
        ("status.config", seen["config"]),
        ("status.server", seen["server"]),
        ("status.host", seen["host"]),
        ("status.enrolment", seen.get("enrolment", "")),
        ("status.arrived", moment(seen.get("arrived_at"))),
        ("status.outcome", f"{moment(seen.get('attempted_at'))} {outcome}".strip()),
        ("status.waiting", seen.get("waiting", 0)),
        ("status.dropped", seen.get("dropped", 0)),
        ("status.refused", seen["refused"]),
        ("status.skew", seen.get("clock_skew_seconds", "")),
    ]
    return [f"{texts.say(key)}: {value}" for key, value in rows]


def moment(at: float | None) -> str:
    return (
        time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(at)) if at else texts.say("status.never")
    )
