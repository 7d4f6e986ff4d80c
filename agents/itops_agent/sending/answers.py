"""What the server said, believed only if it can have been our server that said it."""

from __future__ import annotations

import json

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection
    from typing import Any

    from itops_agent.sending.messages import Response


class Acknowledged:
    """A 200 of the contract: what became of which report."""

    def __init__(self, told: dict[str, object], sent: Collection[int]) -> None:
        self.arrived = set(numbers(told["accepted"]) + numbers(told["already"])) & set(sent)
        self.refused: dict[int, dict[str, Any]] = {
            each["seq"]: each for each in refusals(told["refused"]) if each["seq"] in sent
        }
        self.server_time = number(told["server_time"])
        self.enrolment = str(told.get("enrolment") or "")
        self.inventory_wanted = told.get("inventory_wanted") is True


def acknowledgement(response: Response, sent: Collection[int]) -> Acknowledged | None:
    """Return what the body acknowledges; None if it isn't the contract's (a proxy's page)."""
    told = as_object(response)
    if response.status != 200 or told is None:
        return None
    try:
        return Acknowledged(told, sent)
    except (KeyError, TypeError):
        return None


def is_ours(response: Response) -> bool:
    """Say whether a refusal is the server's own problem document, and not a proxy's page."""
    told = as_object(response)
    return (
        told is not None
        and response.content_type == "application/problem+json"
        and told.get("status") == response.status
    )


def as_object(response: Response) -> dict[str, object] | None:
    try:
        told = json.loads(response.body)
    except (ValueError, RecursionError):
        return None
    return told if isinstance(told, dict) else None


def problem(response: Response) -> dict[str, object]:
    """Return the problem document's words; nothing if there is none."""
    return (as_object(response) or {}) if is_ours(response) else {}


def numbers(value: object) -> list[int]:
    """Return a list of whole numbers. Raise TypeError if it is anything else."""
    if not isinstance(value, list) or any(type(each) is not int for each in value):
        raise TypeError("not a list of numbers")
    return value


def refusals(value: object) -> list[dict[str, Any]]:
    if not isinstance(value, list):
        raise TypeError("not a list")
    numbers([each["seq"] for each in value])
    return value


def number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise TypeError("not a number")
    return float(value)


def retry_after(response: Response) -> float | None:
    """Return the seconds of Retry-After (its date form is not ours to read), an hour at most."""
    value = response.headers.get("retry-after", "")
    return min(3600.0, float(value)) if value.isascii() and value.isdigit() else None
