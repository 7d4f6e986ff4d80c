"""Work in a process of its own: who goes first there, and what comes back."""

import os
import signal
import subprocess
import sys
import time

import psutil
import pytest

from itops.errors import Conflict, FieldError, Invalid, ItopsError, Message
from itops.remote.backups.faults import CannotLook, Damaged
from itops.remote.errors import HostKeyChanged, TimedOut
from itops.services.backups.apart import LOWEST, LOWEST_OF_DISK, apart

ERRORS = [
    Damaged("part_differs", name="database"),
    CannotLook(why="no room"),
    TimedOut("greeting"),
    HostKeyChanged(expected="a", seen="b"),
    Invalid("field.required", field="name"),
    Invalid.many([FieldError("name", Message("field.required"))]),
    Conflict("asset.changed", n=2),
]


def where(_nothing):
    return os.getpid(), os.nice(0)


def on_disk(_nothing):
    known = psutil.Process().ionice()
    return int(known.ioclass), known.value


def fail(error):
    raise error


def draft_and_end(path):
    path.touch()
    try:
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(60)
    finally:
        path.unlink()


def hang(path):
    path.write_text(str(os.getpid()))
    time.sleep(600)


#: What a server is to it: a main thread that ends while a daemon waits for the other process.
WAITING = """
import sys, threading, time
from pathlib import Path
from itops.services.backups.apart import apart
from tests.services.backups.test_apart import hang

path = Path(sys.argv[1])
threading.Thread(target=apart, args=(hang, path), daemon=True).start()
while not path.exists() or not path.read_text():
    time.sleep(0.05)
"""


def die(number):
    os.kill(os.getpid(), number)
    return "alive"


def test_it_is_another_process_that_lets_the_others_go_first():
    process, nice = apart(where, None)
    assert process != os.getpid()
    assert nice == (LOWEST if sys.platform == "linux" else 0)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has priorities of the disk")
def test_the_disk_serves_the_others_first_too():
    assert apart(on_disk, None) == (int(psutil.IOPRIO_CLASS_BE), LOWEST_OF_DISK)


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
def test_what_it_raises_arrives_with_its_words(error):
    with pytest.raises(ItopsError) as raised:
        apart(fail, error)
    assert type(raised.value) is type(error)
    assert raised.value.__dict__ == error.__dict__


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_one_that_is_ended_is_said(number):
    with pytest.raises(CannotLook):
        apart(die, number)


def test_a_key_pressed_at_the_server_does_not_reach_it():
    assert apart(die, signal.SIGINT) == "alive"


def test_one_that_is_ended_removes_its_drafts(tmp_path):
    with pytest.raises(CannotLook):
        apart(draft_and_end, tmp_path / "draft")
    assert list(tmp_path.iterdir()) == []


def test_it_ends_with_the_server_that_waits_for_it(tmp_path):
    """As at a stop, when a copy takes longer than the time of grace."""
    done = subprocess.run(
        [sys.executable, "-c", WAITING, str(tmp_path / "number")],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        timeout=60,
        check=False,
    )
    assert done.returncode == 0
    assert not psutil.pid_exists(int((tmp_path / "number").read_text()))
