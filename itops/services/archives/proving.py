"""Proving an archive: it is restored where it does no harm, and counted beside its manifest."""

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from itops.clock import monotonic
from itops.remote.backups import programs, restoring, sqlite_copy
from itops.remote.backups.cluster import cluster
from itops.remote.backups.faults import Damaged
from itops.remote.backups.reading import Format
from itops.remote.backups.restoring import Restored
from itops.remote.backups.scratch import Scratch, scratch
from itops.services.archives import archive, contents, counting, opening
from itops.services.archives.manifest import Counted, Manifest

SECONDS = 4 * 3600.0


@dataclass(frozen=True)
class Proven:
    """A copy that was restored whole: what it said of itself, and how long it took."""

    about: Manifest
    restored: Restored


def prove(path: Path, root: Path, tell: Callable[[int], None] = lambda _step: None) -> Proven:
    """Restore an archive in a throw-away folder below `root`, count it, and wipe it.

    Raise Damaged if it can't be restored or holds other than it should, CannotLook if nobody can
    say. `tell` hears which of `restoring.STEPS` begins.
    """
    about, marks = archive.manifest_of(path), [monotonic()]
    who = programs.own_account() if about.database == "sqlite" else programs.account()
    part = about.parts.get(archive.DATABASE)
    tell(0)
    with scratch(root, who, needs_bytes=part.size_bytes if part else 0) as place:
        marks.append(monotonic())
        tell(1)
        copy = place.place / "copy.db"
        archive.unpack(path, archive.DATABASE, copy)
        with _restored(about, copy, place) as (count, url):
            marks.append(monotonic())
            tell(2)
            counted = count()
            with opening.connected(url) as connection:
                contents.refuse_altered(connection)
        marks.append(monotonic())
        tell(3)
    marks.append(monotonic())
    refuse_differing(about, counted)
    steps = {name: marks[at + 1] - marks[at] for at, name in enumerate(restoring.STEPS)}
    is_own = about.database == "sqlite" or who.is_other
    done = Restored((), counted.rows, 0, steps, ran_as=who.name, is_own_account=is_own)
    return Proven(about, done)


def refuse_differing(about: Manifest, counted: Counted) -> None:
    """Raise Damaged if a restored copy does not hold what its manifest says."""
    table = counting.differing(about.counted, counted)
    if table is not None:
        then, now = about.counted.rows.get(table), counted.rows.get(table)
        raise Damaged("counts_differ", table=table, then=then, now=now)


@contextmanager
def _restored(
    about: Manifest, copy: Path, place: Scratch
) -> Iterator[tuple[Callable[[], Counted], str]]:
    """Open or load a copy; yield a function that counts it, and its address."""
    if about.database == "sqlite":
        with closing(sqlite_copy.opened(copy)) as connection:
            count = partial(counting.sqlite, lambda text: connection.execute(text).fetchall())
            yield count, f"sqlite:///{copy}"
        return
    who = programs.account()
    with cluster(place, who, seconds=SECONDS) as server:
        restoring.load(copy, Format.CUSTOM_DUMP, server, monotonic() + SECONDS)
        with server.connect(options=restoring.ASKING) as asked:
            count = partial(
                counting.postgresql, lambda text: asked.execute(text.encode()).fetchall()
            )
            yield count, server.url
