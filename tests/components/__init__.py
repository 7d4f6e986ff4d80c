"""Real components for tests: each is started once for all workers, on a free port, and stopped.

Whatever a component starts, it notes in a folder that the first pytest process makes and its
workers inherit; that process stops what it finds there when the tests are over.
"""

import os
import shutil
import socket
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

import pytest

if sys.platform != "win32":
    import fcntl

VARIABLE = "COMPONENTS_OF_TESTS"


def folder() -> Path:
    return Path(os.environ[VARIABLE])


def make_folder() -> None:
    """Make the folder for components that may run as another user, so all may enter it."""
    made = tempfile.mkdtemp(prefix="itops-tests-")
    Path(made).chmod(0o755)
    os.environ[VARIABLE] = made


def remove_folder() -> None:
    shutil.rmtree(os.environ.pop(VARIABLE), ignore_errors=True)


@contextmanager
def one_at_a_time(name: str) -> Iterator[Path]:
    """Hold the lock that all workers share for `name`; yield the component's own folder."""
    with (folder() / f"{name}.lock").open("w") as lock:
        if sys.platform != "win32":
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield folder() / name


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def program(name: str, *places: str) -> str | None:
    """Return the path of a program, looked for in PATH and in `places`."""
    return shutil.which(name) or shutil.which(name, path=os.pathsep.join(places))


def missing(what: str) -> NoReturn:
    """Leave the test out, and say how it would run. (Where CI is set, that is a failure.)"""
    pytest.skip(f"{what} is not installed here: .ci/system-packages installs it on Debian")
