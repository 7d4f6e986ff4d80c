"""What the story says while it is played: lines for people, or JSON, each with its moment."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from time import sleep
from typing import Any
from zoneinfo import ZoneInfo

import click

from itops.cli.printing import as_text, message, said
from itops.clock import utcnow
from itops.config import Settings
from itops.errors import Message


@dataclass
class Teller:
    """Prints each line as it happens; `told` keeps them for the end and for tests."""

    as_json: bool = False
    #: Seconds to look around between two acts.
    pause_seconds: float = 0.0
    #: That of the hospital, as on its pages.
    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo(Settings().time_zone))
    write: Callable[[str], None] = click.echo
    told: list[dict[str, Any]] = field(default_factory=list)
    act: str = ""

    def begin(self, act: str) -> None:
        """Begin an act, after a pause for people who look at the pages meanwhile."""
        if self.act:
            sleep(self.pause_seconds)
        self.act = act
        self._tell(f"story.act.{act}", {}, is_head=True)

    def say(self, key: str, *, url: str = "", **params: Any) -> None:
        """Tell what just happened, and where it is to be seen."""
        self._tell(f"story.{key}", params, url=url)

    def _tell(
        self, key: str, params: dict[str, Any], *, url: str = "", is_head: bool = False
    ) -> None:
        shown = {
            name: message(value) if isinstance(value, Message) else value
            for name, value in params.items()
        }
        line: dict[str, Any] = {"at": utcnow(), "act": self.act, "key": key}
        line["text"] = said(key, **shown)
        line |= {"url": url} if url else {}
        line |= {"params": shown} if shown else {}
        self.told.append(line)
        if self.as_json:
            self.write(json.dumps(line, ensure_ascii=False, default=as_text))
        elif is_head:
            self.write(f"\n{line['text']}")
        else:
            clock = line["at"].astimezone(self.zone).strftime("%H:%M:%S")
            self.write(f"  {clock}  {line['text']}{f'  {url}' if url else ''}")
