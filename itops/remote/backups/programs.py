"""Programs that read and restore backups: where they are, run without a shell and with an end."""

import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from itops.clock import monotonic
from itops.remote.backups.faults import NoTool, OutOfTime

if sys.platform != "win32":
    import pwd

#: Debian keeps several versions side by side; the newest reads what the older ones wrote.
PLACES = "/usr/lib/postgresql"
#: An account made for this, then PostgreSQL's own; root itself is refused by PostgreSQL.
ACCOUNTS = ("itops-restore", "postgres", "nobody")
#: A program gets these variables and no other; messages come in English, so that we know them.
SURROUNDINGS: Mapping[str, str] = {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "TZ": "UTC"}
#: Of prlimit: no memory dumps of patient data, and bounds for what a dump makes a program do.
LIMITS = ("--core=0", f"--as={4 << 30}", "--nofile=4096")
#: So much is kept of what a program complains of (its end) and of what it prints (its beginning).
MOST_WORDS, MOST_PRINTED = 64 * 1024, 16 * 1024 * 1024
BLOCK = 64 * 1024


@dataclass(frozen=True)
class Account:
    """Under which account of the machine programs run."""

    name: str
    uid: int
    gid: int

    @property
    def is_other(self) -> bool:
        """Whether that is another account than the server's own."""
        return sys.platform != "win32" and self.uid != os.getuid()


def account() -> Account:
    """Return the account for programs that touch foreign data: not our own where we may choose."""
    if sys.platform == "win32":
        raise NoTool(program="PostgreSQL on Linux")
    if os.getuid() != 0:
        return own_account()
    known = {one.pw_name: one for one in pwd.getpwall()}
    chosen = next(known[name] for name in ACCOUNTS if name in known)
    return Account(chosen.pw_name, chosen.pw_uid, chosen.pw_gid)


def own_account() -> Account:
    """Return the account under which the server itself runs."""
    if sys.platform == "win32":
        raise NoTool(program="Linux")
    own = pwd.getpwuid(os.getuid())
    return Account(own.pw_name, own.pw_uid, own.pw_gid)


def program(name: str) -> str:
    """Return where one of PostgreSQL's programs is, the newest. Raise NoTool if it is nowhere."""
    versions = sorted(Path(PLACES).glob("*/bin"), key=_version, reverse=True)
    found = shutil.which(name, path=os.pathsep.join([*map(str, versions), SURROUNDINGS["PATH"]]))
    if found is None:
        raise NoTool(program=name)
    return found


@dataclass(frozen=True)
class Ended:
    """How a program ended: its code, the end of what it complained of, and what it printed."""

    code: int
    said: str
    printed: str


def begin(
    arguments: Sequence[str],
    *,
    who: Account,
    folder: Path,
    given: IO[bytes] | int = subprocess.DEVNULL,
    output: int = subprocess.DEVNULL,
    words: IO[bytes] | int = subprocess.PIPE,
) -> "subprocess.Popen[bytes]":
    """Start a program in its own group, as `who`, in `folder`, without our files or secrets.

    It runs under LIMITS, and so does all that it starts.
    """
    prlimit = shutil.which("prlimit", path=SURROUNDINGS["PATH"])
    limits = [*LIMITS, arguments[0]] if prlimit else []
    return subprocess.Popen(  # noqa: S603 - an argument list of our own, no shell
        [arguments[0], *limits, *arguments[1:]],
        executable=prlimit,
        stdin=given,
        stdout=output,
        stderr=words,
        cwd=folder,
        env={**SURROUNDINGS, "HOME": str(folder)},
        start_new_session=True,
        umask=0o077,
        user=who.uid if who.is_other else None,
        group=who.gid if who.is_other else None,
        extra_groups=[] if who.is_other else None,
    )


class _Kept(threading.Thread):
    """Reads a pipe to its end and keeps a part of it: a hostile dump makes programs talk on."""

    def __init__(self, pipe: IO[bytes] | None, *, first: int = 0, last: int = 0) -> None:
        super().__init__(name="restore-words", daemon=True)
        self.kept = b""
        self._pipe, self._first, self._last = pipe, first, last
        self.start()

    def run(self) -> None:
        with suppress(ValueError):  # who gave up on the program has closed the pipe
            self._read()

    def _read(self) -> None:
        while self._pipe and (block := self._pipe.read1(BLOCK)):  # type: ignore[attr-defined]
            if len(self.kept) < self._first:
                self.kept += block
            elif self._last:
                self.kept = (self.kept + block)[-self._last :]


def finish(running: "subprocess.Popen[bytes]", *, seconds: float) -> Ended:
    """Wait for a program. Raise OutOfTime, and end it, if it takes longer."""
    ends = monotonic() + max(seconds, 0.1)
    printed = _Kept(running.stdout, first=MOST_PRINTED)
    said = _Kept(running.stderr, last=MOST_WORDS)
    try:
        for one in (printed, said):
            one.join(ends - monotonic())
        running.wait(max(ends - monotonic(), 0.1))
    except subprocess.TimeoutExpired:
        raise OutOfTime(program=Path(str(running.args[0])).name) from None  # type: ignore[index]
    finally:
        kill(running)
    return Ended(running.returncode, _text(said.kept), _text(printed.kept))


def run(
    arguments: Sequence[str], *, who: Account, folder: Path, seconds: float, **given: Any
) -> Ended:
    """Run a program to its end."""
    return finish(begin(arguments, who=who, folder=folder, **given), seconds=seconds)


def kill(running: subprocess.Popen[bytes]) -> None:
    """End a program and all that it started, at once."""
    if sys.platform != "win32":
        with suppress(ProcessLookupError):
            os.killpg(running.pid, signal.SIGKILL)
    running.wait()
    for pipe in (running.stdin, running.stdout, running.stderr):
        if pipe:
            pipe.close()


def _version(place: Path) -> tuple[int, ...]:
    return tuple(int(part) for part in place.parent.name.split(".") if part.isdigit())


def _text(output: bytes) -> str:
    return output.decode("utf-8", "replace")
