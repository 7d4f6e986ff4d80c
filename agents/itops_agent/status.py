"""What the running agent leaves for `itops-agent status`: how the last attempts went."""

from __future__ import annotations

import json
import time

from itops_agent import config, texts

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from itops_agent.sending.sender import Outcome

    Status = dict[str, Any]


def write(path: str, status: Status) -> None:
    config.write_private(path, json.dumps(status).encode(), mode=0o644, durable=False)


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
