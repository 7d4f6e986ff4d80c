"""The folder of reports that the server refused: kept for a person to look at, never sent again."""

from __future__ import annotations

import json
import os

from itops_agent import bounds, config

TYPE_CHECKING = False
if TYPE_CHECKING:
    from itops_agent.records import Record

LETTERS = 200
BYTES = 8 * 2**20


def keep(folder: str, spool: str, record: Record, why: dict[str, object]) -> None:
    """Put a report aside, on the disk when this returns; the oldest make room."""
    name = f"{spool[:8]}-{record.seq:015d}.json"
    head = bounds.dump({"spool": spool, "why": why})
    data = head[:-1] + b',"report":' + record.body + b"}\n"
    config.write_private(os.path.join(folder, name), data, mode=0o600)
    make_room(folder)


def keep_damaged(folder: str, path: str) -> None:
    """Put a file of the spool aside whose head can't be read."""
    os.makedirs(folder, mode=0o700, exist_ok=True)
    os.replace(path, os.path.join(folder, os.path.basename(path) + ".damaged"))


def make_room(folder: str) -> None:
    """Delete the oldest letters until those left are within both limits."""
    letters = sorted(
        (entry.stat().st_mtime, entry.stat().st_size, entry.path) for entry in os.scandir(folder)
    )
    total = sum(size for _, size, _ in letters)
    for _, size, path in letters[:-1]:
        if len(letters) <= LETTERS and total <= BYTES:
            return
        os.unlink(path)
        total -= size
        letters = letters[1:]


def count(folder: str) -> int:
    try:
        return len(os.listdir(folder))
    except OSError:
        return 0


def read(path: str) -> dict[str, object]:
    with open(path, encoding="utf-8") as file:
        letter: dict[str, object] = json.load(file)
    return letter
