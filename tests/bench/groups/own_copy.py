"""What our own backup costs the intake while it is made."""

import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pysqlite3

from tests.bench import wrk
from tests.bench.groups import Run
from tests.bench.groups.intake import HOSTS, script_for
from tests.bench.our_server import THREADS, enrolled_hosts, serving
from tests.bench.report import Figure, at_most

#: A database of so many rows of a kilobyte, besides what the intake adds.
ROWS = 200_000
#: Both are measured so many times in a round, in turn: the disk's mood changes within a minute.
TURNS = 3
#: The job is there and its first copy is made by then.
FIRST_SECONDS = 75
MOST_PERCENT = 10.0


def figures(run: Run) -> Iterator[Figure]:
    """Yield by how much slower reports are taken while copies are made one after another."""
    seconds = run.seconds(6)
    with TemporaryDirectory(dir=run.folder) as name:
        place = Path(name)
        script = script_for(place, enrolled_hosts(place, HOSTS), 1)
        database = place / "data" / "itops.db"
        _fill(database, 2_000 if run.is_quick else ROWS)
        with serving(place, ITOPS_THREADS=str(THREADS)) as (_, address):
            _wait_for_copy(place, FIRST_SECONDS)
            quiet, busy = [], []
            for _ in range(TURNS * len(run.in_turn())):
                quiet.append(wrk.load(address, script, seconds=seconds).requests_per_second)
                with _copying(database):
                    busy.append(wrk.load(address, script, seconds=seconds).requests_per_second)
        copies = len(list((place / "data" / "backups").glob("itops-*.zip")))
    slower = 100 * (1 - sum(busy) / sum(quiet))
    note = f"{sum(quiet) / len(quiet):.0f} reports/s without, {copies} copies made"
    goal = at_most(MOST_PERCENT, of="value")
    yield Figure(name="own_copy_slows_intake", value=slower, unit="%", goal=goal, note=note)


def _fill(database: Path, rows: int) -> None:
    with closing(pysqlite3.connect(str(database))) as connection:
        connection.execute("CREATE TABLE filler (t BLOB)")
        random = "INSERT INTO filler VALUES (randomblob(300) || zeroblob(700))"
        connection.executemany(random, [()] * rows)
        connection.commit()


@contextmanager
def _copying(database: Path) -> Iterator[None]:
    """Have the server make its copies one after another."""
    stop = threading.Event()

    def order() -> None:
        with closing(pysqlite3.connect(str(database), timeout=10, isolation_level=None)) as other:
            while not stop.wait(0.5):
                other.execute("UPDATE backup_job SET due_at = '2026-01-01' WHERE kind = 'itops'")

    thread = threading.Thread(target=order)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def _wait_for_copy(place: Path, seconds: float) -> None:
    pause = threading.Event()
    for _ in range(int(seconds * 2)):
        if list((place / "data" / "backups").glob("itops-*.zip")):
            return
        pause.wait(0.5)
    raise RuntimeError("no copy was made")
