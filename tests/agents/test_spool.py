"""The spool keeps every report until it has arrived, under its one number."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest
from itops_agent import segments
from itops_agent.errors import SpoolError
from itops_agent.spool import Spool

from tests.agents.conftest import health


def seqs(spool, **limits):
    return [record.seq for record in spool.batch(**limits)[1]]


def reopened(spool, **bounds):
    spool.close()
    return Spool(spool.folder, **bounds)


def test_reports_come_out_in_order_under_their_numbers(spool):
    assert [spool.put(health(n)) for n in range(3)] == [1, 2, 3]
    assert seqs(spool) == [1, 2, 3]
    assert spool.waiting == 3


def test_what_arrived_is_forgotten_and_the_rest_stays(spool):
    for n in range(5):
        spool.put(health(n))
    spool.finish([1, 2, 4])
    assert seqs(spool) == [3, 5]


def test_a_restart_goes_on_with_the_numbers_and_the_same_spool(tmp_path):
    spool = Spool(str(tmp_path))
    spool.put(health())
    name = spool.batch()[0]
    spool.finish([1])
    again = reopened(spool)
    assert again.waiting == 0
    assert again.put(health()) == 2
    assert again.batch()[0] == name
    again.close()


def test_numbers_are_not_given_twice_even_if_the_note_of_what_arrived_is_lost(tmp_path):
    spool = Spool(str(tmp_path))
    spool.put(health())
    spool.finish([1])
    spool.close()
    (tmp_path / "state.json").unlink()
    again = Spool(str(tmp_path))
    assert seqs(again) == [1]
    assert again.put(health()) == 2
    again.close()


def test_a_spool_that_was_deleted_begins_anew_under_another_name(tmp_path):
    spool = Spool(str(tmp_path))
    spool.put(health())
    first = spool.batch()[0]
    spool.close()
    for path in tmp_path.glob("*.log"):
        path.unlink()
    again = Spool(str(tmp_path))
    again.put(health())
    assert again.batch()[0] != first
    again.close()


@pytest.mark.parametrize("lost", [1, 5, 20, 60, 100])
def test_a_torn_last_line_costs_that_report_only(tmp_path, lost):
    spool = Spool(str(tmp_path))
    for n in range(3):
        spool.put(health(n))
    spool.close()
    (path,) = tmp_path.glob("*.log")
    whole = path.read_bytes()
    path.write_bytes(whole[:-lost])
    again = Spool(str(tmp_path))
    kept = whole[:-lost].count(b"\n") - 1
    assert seqs(again) == list(range(1, kept + 1))
    assert again.put(health(9)) == kept + 1
    assert seqs(again)[-1] == kept + 1
    again.close()


def test_a_flipped_byte_costs_that_report_only(tmp_path):
    spool = Spool(str(tmp_path))
    for n in range(3):
        spool.put(health(n))
    spool.close()
    (path,) = tmp_path.glob("*.log")
    lines = path.read_bytes().splitlines(keepends=True)
    lines[2] = lines[2].replace(b"health", b"healtg")
    path.write_bytes(b"".join(lines))
    again = Spool(str(tmp_path))
    assert seqs(again) == [1, 3]
    again.close()


def test_a_file_whose_head_is_damaged_is_put_aside(tmp_path):
    spool = Spool(str(tmp_path))
    spool.put(health())
    spool.close()
    (path,) = tmp_path.glob("*.log")
    path.write_bytes(b"\0" * 100)
    again = Spool(str(tmp_path))
    assert again.waiting == 0
    assert len(list((tmp_path / "refused").iterdir())) == 1
    again.close()


def test_only_one_process_owns_a_spool(spool):
    with pytest.raises(SpoolError) as caught:
        Spool(spool.folder)
    assert caught.value.key == "spool.busy"


def test_nobody_else_can_read_the_spool(spool):
    spool.put(health())
    for path in Path(spool.folder).iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path


def fill(spool, count, report=health):
    for n in range(count):
        spool.put(report(n))


def bulky(number):
    return {**health(number), "text": os.urandom(4000).hex()}


def test_a_full_file_is_packed_and_read_as_before(spool):
    fill(spool, 60, bulky)
    assert list(Path(spool.folder).glob("*.gz"))
    taken = []
    while spool.waiting:
        batch = seqs(spool, reports=7)
        taken += batch
        spool.finish(batch)
    assert taken == list(range(1, 61))


def test_a_crash_while_packing_leaves_no_report_twice(tmp_path):
    spool = Spool(str(tmp_path))
    fill(spool, 40, bulky)
    spool.close()
    (packed,) = tmp_path.glob("*.gz")
    plain = packed.with_suffix("")
    plain.write_bytes(b"half of it")
    (tmp_path / "000000000000099.log.new").write_bytes(b"torn")
    again = Spool(str(tmp_path))
    assert seqs(again) == list(range(1, 41))
    assert not plain.exists()
    again.close()


def test_when_full_the_oldest_health_reports_go_first_and_are_counted(tmp_path):
    spool = Spool(str(tmp_path), max_reports=40)
    spool.put({"kind": "inventory", "taken_at": 1.0})
    fill(spool, 100, bulky)
    assert spool.dropped > 0
    assert spool.waiting + spool.dropped == 101
    left = spool.batch()[1]
    assert (left[0].seq, left[0].kind) == (1, "inventory")
    spool.finish([1])
    assert seqs(spool)[0] == spool.dropped + 2
    dropped = spool.dropped
    again = reopened(spool, max_reports=40)
    assert again.dropped == dropped > 0
    again.close()


def test_the_spool_stays_within_its_bytes(tmp_path):
    spool = Spool(str(tmp_path), max_bytes=400_000)
    fill(spool, 150, bulky)
    used = sum(path.stat().st_size for path in tmp_path.glob("*.log*"))
    assert used <= 400_000 + 2 * segments.FULL_BYTES
    assert spool.waiting + spool.dropped == 150
    spool.close()


def test_thirty_days_of_reports_fit(tmp_path):
    """A month of one report a minute, at the real size, stays far below the 64 MiB."""
    spool = Spool(str(tmp_path))
    fill(spool, 400, lambda n: {**health(n), "text": "x" * 1200, "free_bytes": 10**10 + n * 4096})
    used = sum(path.stat().st_size for path in tmp_path.glob("*.gz"))
    assert used / 400 * 30 * 24 * 60 < 64 * 2**20
    spool.close()


def test_an_inventory_travels_alone(spool):
    spool.put(health())
    spool.put({"kind": "inventory", "taken_at": 1.0})
    spool.put(health())
    assert seqs(spool) == [1]
    spool.finish([1])
    assert seqs(spool) == [2]
    spool.finish([2])
    assert seqs(spool) == [3]


def test_a_disk_that_refuses_is_said_and_its_number_is_not_used_again(spool):
    spool.put(health())
    os.close(spool._handle)
    spool._handle = os.open(os.devnull, os.O_RDONLY)
    with pytest.raises(SpoolError) as caught:
        spool.put(health())
    assert caught.value.key == "spool.disk"
    assert spool.dropped == 1
    assert spool.put(health()) == 3
    assert seqs(spool) == [1, 3]
