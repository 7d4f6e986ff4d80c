"""Seals: which hash stood at which position, and when, written down where no database reaches."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from itops.errors import Invalid
from itops.models.hashes import Algorithm

LONGEST_LINE = 1000
#: Digits of a hash.
DIGITS = 64
#: The file in the data folder.
FILE = "audit-seals.jsonl"


@dataclass(frozen=True)
class Seal:
    """The head of the log at a moment."""

    position: int
    hash: str
    algorithm: str
    #: ISO 8601, UTC, as it was written.
    at: str

    @property
    def moment(self) -> datetime:
        """When it was made."""
        return datetime.fromisoformat(self.at)

    def as_line(self) -> str:
        """Return the line of a seal file."""
        return json.dumps(vars(self), sort_keys=True)


def read_folder(folder: Path) -> list[Seal]:
    """Return the seals in the data folder; there are none before the first day is over."""
    path = folder / FILE
    return read_file(path) if path.is_file() else []


def read_file(path: Path) -> list[Seal]:
    """Return the seals of a file, one a line. Raise Invalid with the line that is none."""
    with path.open(encoding="utf-8", errors="replace") as lines:
        return list(read(lines, path.name))


def read(lines: Iterable[str], name: str) -> Iterator[Seal]:
    """Yield the seals of a text. Raise Invalid with the first line that is none."""
    for number, line in enumerate(lines, start=1):
        if line.strip():
            try:
                yield _seal(json.loads(line[:LONGEST_LINE]))
            except (ValueError, TypeError, KeyError):
                raise Invalid("audit.no_seal", file=name, line=number) from None


def _seal(given: Any) -> Seal:
    seal = Seal(int(given["position"]), given["hash"], given["algorithm"], str(given["at"]))
    Algorithm(seal.algorithm)
    if seal.position < 1 or len(seal.hash) != DIGITS or seal.moment.tzinfo is None:
        raise ValueError
    return seal
