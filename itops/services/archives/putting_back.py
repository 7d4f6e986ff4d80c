"""Putting an archive in place: all of it is made ready beside what is there, and then exchanged.

However it is broken off, there is the old database or the new one. What was there stays aside.
"""

from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

import pysqlite3

from itops.errors import Refused
from itops.remote.backups import own_database, sqlite_copy
from itops.remote.backups.faults import Damaged
from itops.services import upgrading
from itops.services.archives import archive, counting, keeping, opening, proving
from itops.services.archives.manifest import Manifest

FILE = "itops.db"
JOURNALS = ("-wal", "-shm", "-journal")
#: The steps of a restore, in their order.
STEPS = ("unpack", "check", "upgrade", "exchange")
Tell = Callable[[str, int, int], None]


@dataclass(frozen=True)
class PutBack:
    """What came of it: the copy, where what was there before is now, and a newer schema's name."""

    about: Manifest
    aside: str | None
    upgraded_to: str | None


def look(path: Path, database: str) -> Manifest:
    """Return an archive's manifest. Raise Refused if this version can't put it back there."""
    about = archive.manifest_of(path)
    if about.database != database:
        raise Refused("archive.other_database", there=about.database, here=database)
    if about.revision is not None and about.revision not in upgrading.known_revisions():
        raise Refused("archive.newer", version=about.version, revision=about.revision)
    return about


def into_folder(path: Path, folder: Path, *, replaces: bool, at: datetime, tell: Tell) -> PutBack:
    """Put an archive in place as the SQLite database of a data folder that nobody works on."""
    about, live = look(path, "sqlite"), folder / FILE
    if live.exists() and not replaces:
        raise Refused("archive.there_is_one", place=str(live))
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = folder / f"{FILE}.restoring"
    _forget(draft)
    try:
        archive.unpack(path, archive.DATABASE, draft, lambda *how: tell("unpack", *how))
        tell("check", 0, 1)
        with closing(sqlite_copy.opened(draft)) as copy:
            counted = counting.sqlite(lambda asked: copy.execute(asked).fetchall())
        proving.refuse_differing(about, counted)
        tell("upgrade", 0, 1)
        is_at = upgraded(f"sqlite:///{draft}", about)
        _settle(draft)
        tell("exchange", 0, 1)
        aside = _set_aside(live, at) if live.exists() else None
        draft.replace(live)
        archive.sync_folder(folder)
    finally:
        _forget(draft)
    return PutBack(about, str(aside) if aside else None, is_at)


def upgraded(url: str, about: Manifest) -> str | None:
    """Bring a restored copy to this version's schema; return its name if it was older."""
    if about.revision == upgrading.newest_revision():
        return None
    with opening.opened(url) as engine:
        upgrading.upgrade(engine)
    return upgrading.newest_revision()


def _settle(database: Path) -> None:
    """Leave a database in one file that is on the disk."""
    try:
        with closing(pysqlite3.connect(str(database), isolation_level=None)) as connection:
            connection.execute("PRAGMA journal_mode=DELETE")
    except pysqlite3.DatabaseError as error:
        raise Damaged("tool_says", why=str(error)[:200]) from None
    own_database.sync(database)


def _set_aside(live: Path, at: datetime) -> Path:
    """Keep the old database under another name as well, and have its journal in its file.

    A new file beside an old journal would be changed by it, so none may be left.
    """
    aside = _free(live, f"before-{at.astimezone(UTC).strftime(keeping.STAMP)}")
    with suppress(Damaged):
        _settle(live)
    aside.hardlink_to(live)
    for ending in JOURNALS:
        left = live.with_name(f"{live.name}{ending}")
        if left.exists():  # the old one is broken: it goes aside as it is
            left.replace(aside.with_name(f"{aside.name}{ending}"))
    archive.sync_folder(live.parent)
    return aside


def _free(live: Path, when: str) -> Path:
    """Return a name beside the database that is not taken: two may be put aside in one second."""
    numbered = (when if n == 1 else f"{when}-{n}" for n in count(1))
    names = (live.with_name(f"{live.stem}.{one}.db") for one in numbered)
    return next(name for name in names if not name.exists())


def _forget(draft: Path) -> None:
    for ending in ("", *JOURNALS):
        draft.with_name(f"{draft.name}{ending}").unlink(missing_ok=True)
