"""How commands answer: tables and sentences for people, JSON for programs."""

import json
import sys
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import click

from itops.config import terminal_language
from itops.errors import Message
from itops.i18n import say, translate

#: Wide enough that a pipe gets whole cells; a terminal says its own width.
PIPE_WIDTH = 400


def said(key: str, **params: Any) -> str:
    """Return a sentence in the terminal's language."""
    return translate(key, terminal_language(), **params)


def tell(key: str, **params: Any) -> None:
    """Print a sentence in the terminal's language."""
    click.echo(said(key, **params))


def message(told: Message) -> str:
    """Return a message's sentence in the terminal's language."""
    return say(told, terminal_language())


def print_json(answer: Any) -> None:
    """Print one JSON document; times as ISO 8601 in UTC."""
    click.echo(json.dumps(answer, ensure_ascii=False, indent=2, default=as_text))


def as_text(value: Any) -> str:
    """Return how JSON writes what it has no form for."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    return str(value)


def clock_of(at: datetime, zone: str) -> str:
    """Return "2026-11-30 20:56:03 Asia/Shanghai": who is called at night looks at a wall clock."""
    return f"{at.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M:%S} {zone}"


def print_table(heads: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Print rows under their heads; what machines sent can't steer the terminal."""
    # Here, because the server prints no tables and would wait for them at its start.
    from rich.console import Console  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    table = Table(box=None, pad_edge=False, show_edge=False)
    for head in heads:
        table.add_column(head, overflow="fold")
    for row in rows:
        table.add_row(*(Text(shown(cell)) for cell in row))
    is_terminal = sys.stdout.isatty()
    Console(width=None if is_terminal else PIPE_WIDTH, highlight=False).print(table)


def shown(value: Any) -> str:
    """Return a cell's text without control characters; no value is a dash."""
    if value is None or value == "":
        return "–"
    text = as_text(value) if isinstance(value, datetime) else str(value)
    return "".join(c if c.isprintable() else "\ufffd" for c in text)
