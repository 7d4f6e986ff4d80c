"""Decides when an inventory is due, and has it made by a process of its own.

That process costs its memory for some seconds a day only, and what hangs in it (a package
manager, Windows Update) can be ended without harm.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import sys

import psutil

from itops_agent import config, programs
from itops_agent.inventory import registry
from itops_agent.probes import rates

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import IO, Any

#: Files and folders that change when a program is installed, an update waits, a signature comes.
WITNESSES = (
    "/var/lib/dpkg/status", "/var/lib/rpm", "/usr/lib/sysimage/rpm", "/etc/os-release",
    "/etc/hostname", "/var/lib/clamav", "/var/lib/apt/periodic/update-success-stamp",
)  # fmt: skip
LOOK_SECONDS = 5 * 60.0
LIMIT_SECONDS = 15 * 60.0
PAUSE_SECONDS = 15 * 60.0
START = (
    "import sys; sys.path[:0] = [sys.argv.pop(1)]; "
    "from itops_agent.cli import main; sys.exit(main(sys.argv[1:]))"
)
TAKEN_AT = re.compile(rb'"taken_at": ?[0-9.]+')


class InventoryWatch:
    """Starts the process, collects what it printed, and remembers what was sent last."""

    def __init__(self, made: config.Config) -> None:
        self._config = made
        self._process: subprocess.Popen[bytes] | None = None
        self._output: IO[bytes] | None = None
        self._began = self._looked = float("-inf")
        self._witness = ""
        self._is_changed = True  # at each start: who knows what happened meanwhile
        self._last: dict[str, Any] = read_note(made.inventory_file)

    @property
    def is_running(self) -> bool:
        return self._process is not None

    def next_report(self, *, at: float, ticks: float) -> bytes | None:
        """Return a new inventory, if there is one that differs or that is due."""
        if self._process is not None:
            return self._collected(at, ticks)
        if self._is_due(at, ticks):
            self._start(ticks)
        return None

    def wanted(self, at: float) -> None:
        """Note that the server has no inventory of this machine (not more than once an hour)."""
        if at - float(self._last.get("at", 0.0)) > 3600:
            self._last = {}
            self._is_changed = True

    def stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._end()

    def _is_due(self, at: float, ticks: float) -> bool:
        """Say whether to start: a change counts once it rests; an upgrade goes on for minutes."""
        if ticks - self._looked < LOOK_SECONDS or ticks - self._began < PAUSE_SECONDS:
            return False
        self._looked = ticks
        before, self._witness = self._witness, witness()
        was_changed, self._is_changed = self._is_changed, bool(before) and before != self._witness
        return (was_changed and not self._is_changed) or self._is_old(at)

    def _is_old(self, at: float) -> bool:
        """Also after the clock was set back: an age below zero says nothing."""
        return not 0 <= at - float(self._last.get("at", 0.0)) < self._config.inventory_seconds

    def _start(self, ticks: float) -> None:
        self._began = ticks
        self._output = open(self._path, "w+b")  # noqa: SIM115  (closed when the process has ended)
        self._process = subprocess.Popen(  # noqa: S603  (this program itself, with constant words)
            [*itself(), "--config", self._config.path, "show", "inventory"],
            stdin=subprocess.DEVNULL,
            stdout=self._output,
            stderr=subprocess.DEVNULL,
            env={**programs.surroundings(), "PYTHONPATH": os.pathsep.join(sys.path)},
            creationflags=programs.HIDDEN,
        )

    def _collected(self, at: float, ticks: float) -> bytes | None:
        assert self._process is not None  # noqa: S101
        code = self._process.poll()
        if code is None:
            if ticks - self._began > LIMIT_SECONDS:
                self.stop()
            return None
        printed = self._end()
        return self._news(printed, at) if code == 0 and printed.startswith(b"{") else None

    def _end(self) -> bytes:
        """Return what the process printed, and clear up behind it."""
        self._process = None
        if self._output is None:
            return b""
        self._output.seek(0)
        printed = self._output.read().strip()
        self._output.close()
        self._output = None
        os.unlink(self._path)
        return printed

    def _news(self, printed: bytes, at: float) -> bytes | None:
        """Return the inventory unless it says what the last one said not long ago."""
        digest = hashlib.sha256(TAKEN_AT.sub(b"", printed, count=1)).hexdigest()
        if digest == self._last.get("digest") and not self._is_old(at):
            return None
        self._last = {"digest": digest, "at": at}
        return printed

    def stored(self) -> None:
        """Note durably that the last inventory is in the spool."""
        note = json.dumps(self._last).encode()
        config.write_private(self._config.inventory_file, note, mode=0o600)

    @property
    def _path(self) -> str:
        return self._config.inventory_file + ".making"


def itself() -> list[str]:
    """Return the words that start this program, from a folder, a package or a single file."""
    place = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    return [sys.executable, "-c", START, place]


def witness(paths: tuple[str, ...] = WITNESSES) -> str:
    """Return something cheap that changes when the inventory probably has."""
    seen = [(path, stamp(path)) for path in paths]
    cards = sorted(
        (name, str(each.family), each.address)
        for name, found in psutil.net_if_addrs().items()
        if rates.is_real_card(name)
        for each in found
    )
    disks = sorted(os.listdir("/sys/block")) if os.path.isdir("/sys/block") else []
    whole = repr((seen, cards, disks, psutil.virtual_memory().total, registry.changed_at()))
    return hashlib.sha256(whole.encode()).hexdigest()


def stamp(path: str) -> float | None:
    try:
        return os.stat(path).st_mtime
    except OSError:
        return None


def read_note(path: str) -> dict[str, object]:
    try:
        with open(path, encoding="utf-8") as file:
            note = json.load(file)
    except (OSError, ValueError):
        return {}
    return note if isinstance(note, dict) else {}
