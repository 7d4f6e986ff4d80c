"""Where our own copies lie, which of them are kept, and the second place that gets them, too."""

import os
import re
import shutil
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import make_url

from itops.config import Settings
from itops.remote.backups import own_database
from itops.remote.backups.faults import CannotLook
from itops.services.archives import archive

NAME = re.compile(r"itops-(\d{8}T\d{6}Z)\.zip")
STAMP = "%Y%m%dT%H%M%SZ"
#: Every copy of the last two hours is kept, one an hour for a day, and one a day for two weeks.
ALL_FOR, HOURLY_FOR, DAILY_FOR = timedelta(hours=2), timedelta(days=1), timedelta(days=14)
#: Names of this machine; what begins with a slash is the folder of a socket on it.
HERE = frozenset({"localhost", "127.0.0.1", "::1"})
#: File systems that are gone with the power, as Linux calls them.
IN_MEMORY = (["tmpfs"], ["ramfs"])
#: What a copy that was broken off left is removed when nobody can be writing it any more.
DRAFTS_FOR = timedelta(days=1)


@dataclass(frozen=True)
class Kept:
    """A copy that lies in a folder: its file, when it was made, how large it is."""

    path: Path
    made_at: datetime
    size_bytes: int


def folder(settings: Settings) -> Path:
    """Return where our own copies lie."""
    return settings.data_dir.absolute() / "backups"


def name(at: datetime) -> str:
    """Return what the copy of a moment is called."""
    return f"itops-{at.astimezone(UTC).strftime(STAMP)}.zip"


def name_before(revision: str, at: datetime) -> str:
    """Return what the copy is called that is made before an upgrade; such ones are not thinned."""
    return f"before-{revision}-{at.astimezone(UTC).strftime(STAMP)}.zip"


def is_on_another_file_system(
    place: Path, settings: Settings, *, mounts: Path = Path("/proc/self/mountinfo")
) -> bool:
    """Whether a second place lies on another lasting file system than the data; a share is one.

    A share that is not mounted is a folder of this one. Whether two of them are on two disks, the
    system doesn't say everywhere: of a partition or a subvolume beside the data nobody knows here.
    """
    try:
        device = place.stat().st_dev
        return device != settings.data_dir.stat().st_dev and not _is_memory(device, mounts)
    except OSError:
        return False


def is_database_elsewhere(settings: Settings) -> bool:
    """Whether the database is on another machine: then its copies here are apart already."""
    url = make_url(settings.sqlalchemy_url)
    named = url.query.get("host", ())
    texts = (url.host or "", *((named,) if isinstance(named, str) else named))
    hosts = {host for text in texts for host in text.split(",")} - {""}
    return bool(hosts) and not any(_is_here(host) for host in hosts)


def listed(place: Path) -> list[Kept]:
    """Return the copies in a folder, the newest first."""
    found = []
    for path in place.glob("itops-*.zip") if place.is_dir() else ():
        named = NAME.fullmatch(path.name)
        if named:
            made_at = datetime.strptime(named[1], STAMP).replace(tzinfo=UTC)
            found.append(Kept(path, made_at, path.stat().st_size))
    return sorted(found, key=lambda one: one.made_at, reverse=True)


def too_many(kept: Iterable[Kept], *, at: datetime) -> list[Kept]:
    """Return which copies may go; of an hour or a day the first is kept, and always the newest."""
    taken: set[str] = set()
    gone = []
    in_order = sorted(kept, key=lambda one: one.made_at)
    for one in in_order[:-1]:
        age = at - one.made_at
        span = _span(one.made_at, age)
        if span in taken or age > DAILY_FOR:
            gone.append(one)
        taken.add(span)
    return gone


def thin_out(place: Path, *, at: datetime) -> None:
    """Remove the copies that are too many, and what broken-off ones left."""
    for one in too_many(listed(place), at=at):
        one.path.unlink(missing_ok=True)
    for draft in (*place.glob(".itops-*"), *place.glob("itops-*.part")):
        if at.timestamp() - draft.stat().st_mtime > DRAFTS_FOR.total_seconds():
            draft.unlink(missing_ok=True)


def copy_to(place: Path, made: Path, *, at: datetime) -> None:
    """Put a copy into a second place, whole or not at all. Raise CannotLook if that fails.

    The place itself is not made: where a share is not mounted, its folder would fill this disk.
    """
    draft = place / f"{made.name}.part"
    try:
        with made.open("rb") as source, draft.open("wb") as target:
            os.chmod(draft, 0o600)  # noqa: PTH101 - beside the open file
            shutil.copyfileobj(source, target, archive.BLOCK)
        own_database.sync(draft)
        draft.replace(place / made.name)
        thin_out(place, at=at)
    except OSError as error:
        raise CannotLook(why=f"{place}: {error.strerror or error}") from None


def _is_memory(device: int, mounts: Path) -> bool:
    """Whether a file system is gone with the power; where the system doesn't say so, it is not."""
    number = f"{os.major(device)}:{os.minor(device)}" if hasattr(os, "major") else ""
    with suppress(OSError):
        for line in mounts.read_text("utf-8", "surrogateescape").splitlines():
            mounted, _, kind = line.partition(" - ")
            if mounted.split()[2:3] == [number]:
                return kind.split(maxsplit=1)[:1] in IN_MEMORY
    return False


def _is_here(host: str) -> bool:
    return host.startswith("/") or not HERE.isdisjoint({host, host.rpartition(":")[0]})


def _span(made_at: datetime, age: timedelta) -> str:
    if age <= ALL_FOR:
        return made_at.isoformat()
    return f"{made_at:%Y-%m-%d %H}" if age <= HOURLY_FOR else f"{made_at:%Y-%m-%d}"
