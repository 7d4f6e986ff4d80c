"""Restore tests with a real server: what comes back, what is refused, and that nothing stays."""

import os
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

import psutil
import pytest

from itops.checks.backups.assertions import parse
from itops.remote.backups import programs, scratch
from itops.remote.backups.cluster import cluster
from itops.remote.backups.faults import Damaged, NoRoom, NoTool, OutOfTime
from itops.remote.backups.restoring import Order, refuse_unrestricted, restore
from tests.components.dumps import ROWS
from tests.remote.backups.test_reading import cut

pytestmark = [pytest.mark.postgresql, pytest.mark.slow]
ASKED = parse(f"results >= {ROWS}\nresults.reported_at within 24h\n检验项目 >= 2")


@pytest.fixture
def place():
    """A folder for copies with a short name, that another account may enter."""
    with tempfile.TemporaryDirectory(prefix="itops-restore-", dir="/tmp") as folder:
        Path(folder).chmod(0o711)
        yield Path(folder)


def copies(place: Path) -> list[Path]:
    """Return what is there beside the empty cluster that is kept."""
    return [one for one in place.iterdir() if not one.name.startswith(scratch.KEPT)]


@pytest.mark.parametrize("name", ["custom", "plain", "packed"])
def test_a_whole_dump_answers_and_is_wiped(dumps, place, name):
    steps: list[int] = []
    done = restore(Order(getattr(dumps, name), place, ASKED), steps.append)
    assert [one.rows for one in done.answers] == [ROWS, None, 2]
    assert done.answers[1].newest is not None
    assert done.rows == {"public.results": ROWS, "public.检验项目": 2}
    assert steps == [0, 1, 2, 3]
    assert done.seconds["restore"] > 0
    assert copies(place) == []
    assert not [one for one in psutil.process_iter() if str(place) in " ".join(_line(one))]


def _line(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:
        return []


def test_a_truncated_dump_is_damaged_and_nothing_stays(dumps, place, tmp_path):
    with pytest.raises(Damaged):
        restore(Order(cut(dumps.plain, tmp_path / "cut.sql", 0.5), place, ASKED))
    assert copies(place) == []


def test_half_the_rows_are_found_by_asking(dumps, place):
    done = restore(Order(dumps.halved, place, ASKED))
    assert done.answers[0].rows == ROWS // 2


def test_a_dump_can_neither_run_programs_nor_read_files(place, tmp_path, dumps):
    canary = tmp_path / "canary"
    evil = tmp_path / "evil.sql"
    evil.write_text(
        "-- PostgreSQL database dump\n"
        f"\\! touch {canary}\n"
        "CREATE TABLE stolen (line text);\n"
        f"COPY stolen FROM PROGRAM 'touch {canary}';\n"
        "COPY stolen FROM '/etc/passwd';\n"
        f"\\copy stolen to program 'touch {canary}'\n"
        "-- PostgreSQL database dump complete\n"
    )
    with pytest.raises(Damaged):
        restore(Order(evil, place, ()))
    assert not canary.exists()


def hostile(folder, *statements):
    """Return a plain dump of these statements."""
    whole = ["-- PostgreSQL database dump", *statements, "-- PostgreSQL database dump complete", ""]
    file = folder / "hostile.sql"
    file.write_text("\n".join(whole))
    return file


#: What a dump's role may take away or set, for itself or its database.
UNBOUND = "ALTER ROLE restored SET statement_timeout = 0;"
FOREVER = "DO $$ BEGIN LOOP RAISE NOTICE '%', repeat('x', 100000); END LOOP; END $$;"
SLEEPER = "CREATE VIEW sleeper AS SELECT now() AS made FROM pg_sleep(1000);"
POLICY = (
    "CREATE TABLE guarded (made date); INSERT INTO guarded VALUES (now());"
    "ALTER TABLE guarded ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;"
    "CREATE POLICY slow ON guarded USING (pg_sleep(1000) IS NULL);"
)
ALONE = "CREATE TABLE one (a int); ALTER DATABASE restored CONNECTION LIMIT 0;"
STRANGE = (
    "CREATE TABLE odd (made timestamptz); INSERT INTO odd VALUES ('2026-01-02');"
    "ALTER ROLE restored SET datestyle = 'German';"
    "ALTER DATABASE restored SET client_encoding = 'SQL_ASCII';"
)


@pytest.mark.parametrize("statement", [FOREVER, SLEEPER, POLICY])
def test_what_never_ends_is_ended_whatever_limits_the_dump_takes_away(place, tmp_path, statement):
    order = Order(hostile(tmp_path, UNBOUND, statement), place, parse("sleeper >= 1"), seconds=8)
    with pytest.raises(OutOfTime):
        restore(order)
    assert copies(place) == []


def test_a_copy_that_grows_is_ended_before_the_disk_is_full(place, tmp_path):
    order = Order(hostile(tmp_path, FOREVER), place, least_room=1 << 60)
    with pytest.raises(NoRoom):
        restore(order)
    assert copies(place) == []


def test_a_dump_that_lets_nobody_ask_is_damaged(place, tmp_path):
    with pytest.raises(Damaged):
        restore(Order(hostile(tmp_path, ALONE), place))


def test_settings_that_a_dump_left_behind_do_not_change_how_it_is_read(place, tmp_path):
    done = restore(Order(hostile(tmp_path, STRANGE), place, parse("odd.made within 24h")))
    assert done.answers[0].newest == datetime(2026, 1, 2, tzinfo=UTC)
    assert done.rows == {"public.odd": 1}


def test_a_psql_that_knows_no_restrict_is_not_used():
    r"""To one from before August 2025 \restrict is a wrong word, and \! would be obeyed."""
    with pytest.raises(NoTool):
        refuse_unrestricted("/bin/echo", programs.account())


def test_a_question_of_a_table_that_is_not_there_is_an_error_and_not_a_pass(dumps, place):
    done = restore(Order(dumps.custom, place, parse("nothing >= 1")))
    assert "does not exist" in done.answers[0].error


def test_a_disk_that_is_too_full_is_said_before_anything_is_begun(dumps, place, tmp_path):
    huge = tmp_path / "huge.dump"
    huge.write_bytes(dumps.custom.read_bytes())
    os.truncate(huge, 1 << 50 if sys.platform == "linux" and _holds_sparse(tmp_path) else 1 << 43)
    with pytest.raises(NoRoom):
        restore(Order(huge, place, ()))


def _holds_sparse(folder: Path) -> bool:
    probe = folder / "probe"
    try:
        probe.touch()
        os.truncate(probe, 1 << 50)
    except OSError:
        return False
    return True


KILLED = """
import sys
from pathlib import Path
from itops.remote.backups.restoring import Order, restore
def tell(step):
    print(step, flush=True)
    if step == 2:
        sys.stdin.read()
restore(Order(Path(sys.argv[1]), Path(sys.argv[2]), ()), tell)
"""


@pytest.mark.faults
def test_what_a_killed_worker_left_is_swept_and_its_server_ended(dumps, place):
    command = [sys.executable, "-c", KILLED, str(dumps.custom), str(place)]
    worker = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert worker.stdout is not None
    while worker.stdout.readline().strip() != "2":
        assert worker.poll() is None
    assert scratch.sweep(place) == 0  # its owner lives
    worker.kill()
    worker.wait()
    left = copies(place)
    assert len(left) == 1
    servers = [one for one in psutil.process_iter() if str(left[0]) in " ".join(_line(one))]
    assert servers
    assert scratch.sweep(place) == 1
    assert copies(place) == []
    ends = time.monotonic() + 10
    while any(one.is_running() and one.status() != "zombie" for one in servers):
        assert time.monotonic() < ends
    for pipe in (worker.stdin, worker.stdout):
        if pipe:
            pipe.close()


def test_the_other_account_gets_in_however_private_our_own_files_are(dumps, place):
    """`itops` runs with a mask that keeps everybody else out of what it makes."""
    before = os.umask(0o077)
    try:
        done = restore(Order(dumps.custom, place / "inner", ASKED))
    finally:
        os.umask(before)
    assert done.answers[0].rows == ROWS


def test_an_empty_cluster_is_kept_that_the_restoring_account_cannot_change(dumps, place):
    restore(Order(dumps.custom, place, ASKED))
    (kept,) = place.iterdir()
    inside = [kept, *kept.rglob("*")]
    assert {path.stat().st_uid for path in inside} == {os.getuid()}
    assert not [path for path in inside if path.stat().st_mode & 0o022]
    before = {path: path.stat().st_mtime_ns for path in inside}
    restore(Order(dumps.plain, place, ASKED))
    assert {path: path.stat().st_mtime_ns for path in [kept, *kept.rglob("*")]} == before
    assert scratch.sweep(place) == 0


def test_what_is_kept_is_made_anew_when_it_is_a_week_old_or_gone_bad(dumps, place):
    restore(Order(dumps.custom, place, ASKED))
    (kept,) = place.iterdir()
    (kept / "global" / "pg_control").unlink()
    os.utime(kept, (time.time() - 8 * 86400,) * 2)
    done = restore(Order(dumps.custom, place, ASKED))
    assert done.rows["public.results"] == ROWS
    assert list(place.iterdir()) == [kept]


def test_nothing_of_a_dump_is_in_the_next_copy(dumps, place):
    restore(Order(dumps.custom, place, ASKED))
    empty = place / "empty.sql"
    empty.write_text("-- PostgreSQL database dump\n\n-- PostgreSQL database dump complete\n")
    assert restore(Order(empty, place)).rows == {}


def test_a_server_ends_by_itself_and_gives_its_memory_back(place):
    """A killed one leaves its lock file, and segments of shared memory that stay until a reboot."""
    who = programs.account()
    with scratch.scratch(place, who, needs_bytes=0) as copy:
        with cluster(copy, who, seconds=60) as server:
            data = server.socket / "data"
            lines = (data / "postmaster.pid").read_text().splitlines()
            segment = lines[6].split()[1]
            assert segment in _segments()
        assert not (data / "postmaster.pid").exists()
        assert segment not in _segments()


def _segments() -> set[str]:
    lines = Path("/proc/sysvipc/shm").read_text().splitlines()[1:]
    return {line.split()[1] for line in lines}
