"""Work in a process of its own: who goes first there, and what comes back."""

import os
import signal
import sys

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


def test_one_that_is_killed_is_said_and_one_that_is_asked_to_stop_ends_its_work():
    with pytest.raises(CannotLook):
        apart(die, signal.SIGKILL)
    assert apart(die, signal.SIGTERM) == "alive"
    assert apart(die, signal.SIGINT) == "alive"
