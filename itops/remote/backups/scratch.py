"""Throw-away folders for restored copies: whose they are is written in them, so that they go.

A restored clinical dump is patient data. Its folder is removed at the end of the test, and where
the worker was killed in the middle, by the next sweep: a folder names the process that made it.
"""

import json
import secrets
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

from itops.remote.backups.faults import CannotLook, NoRoom
from itops.remote.backups.programs import Account

OWNER = "owner.json"
#: So begins the name of what stays: an empty cluster, without anybody's data.
KEPT = "empty-"
#: A copy needs room for itself, its indexes and its log.
ROOM_FACTOR, ROOM_BYTES = 6, 256 << 20
END_SECONDS = 10
#: The account that does the work passes through and reads nothing; `itops` itself runs with a mask
#: that would keep it out, so this is set anew.
PASSED = 0o711


@dataclass(frozen=True)
class Scratch:
    """A folder of ours, and in it one for the account that does the work."""

    place: Path
    inner: Path


@contextmanager
def scratch(root: Path, who: Account, *, needs_bytes: int) -> Iterator[Scratch]:
    """Give an empty folder and wipe it at the end. Raise NoRoom if the disk is too full."""
    _own(root)
    free = shutil.disk_usage(root).free
    if free < needs_bytes * ROOM_FACTOR + ROOM_BYTES:
        raise NoRoom(free_bytes=free)
    place = root / secrets.token_hex(8)
    place.mkdir(mode=PASSED)
    place.chmod(PASSED)
    try:
        _sign(place)
        inner = place / "copy"
        inner.mkdir(mode=0o700)
        if who.is_other:
            shutil.chown(inner, who.uid, who.gid)
        yield Scratch(place, inner)
    finally:
        wipe(place)


def sweep(root: Path) -> int:
    """Remove what dead processes left, and end what still runs in it. Return how much it was."""
    swept = 0
    for place in sorted(root.glob("*")) if root.is_dir() else []:
        is_kept = place.name.startswith(KEPT)
        if place.is_dir() and not is_kept and not _has_living_owner(place):
            wipe(place)
            swept += 1
    return swept


def wipe(place: Path) -> None:
    """End every process that works in a folder, and remove it."""
    inside = [one for one in psutil.process_iter() if _works_in(one, place)]
    for process in inside:
        with suppress(psutil.Error):
            process.terminate()
    _, left = psutil.wait_procs(inside, timeout=END_SECONDS)
    for process in left:
        with suppress(psutil.Error):
            process.kill()
    psutil.wait_procs(left, timeout=END_SECONDS)
    shutil.rmtree(place, ignore_errors=True)


def _own(root: Path) -> None:
    """Make the folder of all copies; one that somebody else made for us is not taken."""
    root.mkdir(mode=PASSED, parents=True, exist_ok=True)
    found = root.lstat()
    is_ours = stat.S_ISDIR(found.st_mode) and found.st_uid == psutil.Process().uids().effective
    if not is_ours or found.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise CannotLook(why=str(root))
    root.chmod(PASSED)


def _sign(place: Path) -> None:
    me = psutil.Process()
    owner = {"pid": me.pid, "started": me.create_time()}
    (place / OWNER).write_text(json.dumps(owner), "utf-8")


def _has_living_owner(place: Path) -> bool:
    try:
        owner = json.loads((place / OWNER).read_text("utf-8"))
        return bool(psutil.Process(owner["pid"]).create_time() == owner["started"])
    except (OSError, ValueError, KeyError, psutil.NoSuchProcess):
        return False


def _works_in(process: psutil.Process, place: Path) -> bool:
    try:
        return Path(process.cwd()).is_relative_to(place)
    except (psutil.Error, OSError):
        return False
