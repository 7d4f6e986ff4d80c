"""What the other side said, as text for a person who looks for the reason: the beginning only."""

import json
from dataclasses import asdict
from typing import Any

from itops.checks.answers import Answer, Output
from itops.errors import Message

LONGEST = 4000


def excerpt(answer: Answer) -> str:
    """Return the beginning of an answer; control characters are shown as what they are not."""
    return cleaned(_of_output(answer) if isinstance(answer, Output) else _of_facts(answer))


def cleaned(text: str) -> str:
    """Return at most 4,000 characters, without what a database or a terminal chokes on."""
    kept = text[:LONGEST]
    return "".join(c if c.isprintable() or c in "\n\t" else "\ufffd" for c in kept)


def _of_output(output: Output) -> str:
    parts = [output.stdout.rstrip()]
    if output.stderr.strip():
        parts.append(f"stderr: {output.stderr.strip()}")
    if output.exit_code:
        parts.append(f"exit {output.exit_code}")
    return "\n".join(part for part in parts if part)


def _of_facts(answer: Answer) -> str:
    """Return an answer's facts, one a line; what is empty is left out."""
    facts = asdict(answer)
    return "\n".join(f"{name}: {_text(value)}" for name, value in facts.items() if value)


def _text(value: Any) -> str:
    if isinstance(value, dict):
        return json.dumps(value, ensure_ascii=False, indent=1, default=str)
    return value.key if isinstance(value, Message) else str(value)
