"""The server of one restore: own account, socket only, limited, no admin; a copy of an empty one.

The dump is restored by a role that is no superuser into the only database that there is: it can't
read files, start programs or load libraries. Making a cluster takes a second or more and copying
one a tenth of that, so an empty one, which no dump ever touched, is kept beside the copies.
"""

import hashlib
import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryFile

from itops.clock import monotonic, utcnow
from itops.remote.backups import programs
from itops.remote.backups.faults import CannotLook
from itops.remote.backups.programs import Account
from itops.remote.backups.scratch import KEPT, Scratch
from itops.remote.backups.server import (
    DATABASE,
    LEAST_ROOM,
    MAKER,
    ROLE,
    START_SECONDS,
    Cluster,
    serving,
)

#: Of initdb. Nothing here has to survive a power cut.
ARGUMENTS = ("-U", MAKER, "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync")
#: What a new cluster is told, by database: a role without rights, its database, and no other one.
ORDERS = {
    "postgres": (
        f"CREATE ROLE {ROLE} LOGIN NOSUPERUSER NOCREATEROLE NOCREATEDB NOREPLICATION",
        f"CREATE DATABASE {DATABASE} OWNER {ROLE} TEMPLATE template0",
    ),
    DATABASE: (
        f"ALTER SCHEMA public OWNER TO {ROLE}",
        "UPDATE pg_database SET datistemplate = false",
        "DROP DATABASE postgres",
        "DROP DATABASE template1",
        "DROP DATABASE template0",
    ),
}
#: Folders for short-lived files are swept by age, file by file: what is kept is made anew before.
KEPT_FOR = timedelta(days=7)


@contextmanager
def cluster(
    place: Scratch, who: Account, *, seconds: float, least_room: int = LEAST_ROOM
) -> Iterator[Cluster]:
    """Give an empty server in a throw-away folder; end it in any case."""
    ends = monotonic() + seconds
    kept = place.place.parent / f"{KEPT}{_recipe(who)}"
    if not _is_fresh(kept):
        _keep(_made(place, who, ends), kept)
    data = place.inner / "data"
    _told(["/bin/cp", "-r", "--reflink=auto", str(kept), str(data)], place, who, ends)
    with serving(data, place, who, ends=ends, least_room=least_room) as server:
        yield server


def _recipe(who: Account) -> str:
    """Return a name that changes with all that makes an empty cluster what it is."""
    tool = Path(programs.program("initdb"))
    parts = (tool, tool.stat().st_mtime_ns, who.uid, ARGUMENTS, ORDERS)
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:16]


def _is_fresh(kept: Path) -> bool:
    with suppress(FileNotFoundError):
        return 0 <= utcnow().timestamp() - kept.stat().st_mtime < KEPT_FOR.total_seconds()
    return False


def _made(place: Scratch, who: Account, ends: float) -> Path:
    """Make an empty cluster with its role and its database. Return its folder."""
    data = place.inner / "empty"
    initdb = [programs.program("initdb"), "-D", str(data), *ARGUMENTS, "--no-instructions"]
    _told(initdb, place, who, ends)
    for database, orders in ORDERS.items():
        single = [programs.program("postgres"), "--single", "-D", str(data), database]
        _told(single, place, who, ends, orders)
    return data


def _told(
    command: list[str], place: Scratch, who: Account, ends: float, orders: Sequence[str] = ()
) -> None:
    """Run a program that gets `orders`, a line each. Raise CannotLook if it complains."""
    left = min(START_SECONDS, ends - monotonic())
    with TemporaryFile() as given:
        given.write("".join(f"{line}\n" for line in orders).encode())
        given.seek(0)
        ended = programs.run(command, who=who, folder=place.inner, seconds=left, given=given)
    if ended.code != 0 or "ERROR:" in ended.said:
        raise CannotLook(why=ended.said[-200:])


def _keep(made: Path, kept: Path) -> None:
    """Keep an empty cluster, as our own: the account that restores may read it and no more."""
    for path in (made, *made.rglob("*")):
        os.chown(path, os.getuid(), os.getgid())
        path.chmod(0o755 if path.is_dir() else 0o644)
    for former in kept.parent.glob(f"{KEPT}*"):
        if not _is_fresh(former):
            shutil.rmtree(former, ignore_errors=True)
    # Where somebody else made one meanwhile, theirs is as good.
    with suppress(OSError):
        made.replace(kept)
