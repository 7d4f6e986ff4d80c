"""A bare machine to a running command: what the bootstrap makes, mends and leaves alone."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import bootstrap


def start(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(bootstrap.ROOT / "bootstrap.py"), *arguments],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | variables,
    )


def test_without_a_command_it_says_what_there_is():
    answer = start()
    assert answer.returncode == 0
    assert "wheelhouse" in answer.stdout


def test_an_unknown_command_is_refused():
    assert start("fly").returncode == 2


def test_a_folder_that_is_no_environment_is_left_alone(tmp_path):
    (tmp_path / "thesis.odt").write_text("years of work")
    answer = start("itops", "--version", ITOPS_VENV=str(tmp_path))
    assert answer.returncode == 1
    assert "is not a Python environment" in answer.stderr
    assert (tmp_path / "thesis.odt").read_text() == "years of work"


def test_a_python_without_pip_has_no_version_here(tmp_path):
    assert bootstrap.version_of(str(tmp_path / "python")) == ""
    assert bootstrap.version_of(sys.executable) == sys.version.strip()


def test_other_locks_make_another_fingerprint():
    prints = {
        bootstrap.fingerprint(locks, version) for locks in bootstrap.LOCKS for version in "ab"
    }
    assert len(prints) == 2 * len(bootstrap.LOCKS)


@pytest.mark.slow
def test_an_environment_that_was_moved_is_made_again(tmp_path):
    bootstrap.make(tmp_path / "old", "base")
    assert not bootstrap.has_moved(tmp_path / "old")
    shutil.move(tmp_path / "old", tmp_path / "new")
    assert bootstrap.has_moved(tmp_path / "new")
    bootstrap.make(tmp_path / "new", "base")
    assert not bootstrap.has_moved(tmp_path / "new")
    assert bootstrap.version_of(str(tmp_path / "new/bin/python")) == sys.version.strip()


@pytest.mark.slow
def test_a_wheelhouse_stands_in_for_the_network(tmp_path):
    """An empty one can't serve: pip is never let out to look elsewhere."""
    (tmp_path / "wheels").mkdir()
    answer = start(
        "itops",
        "--version",
        ITOPS_VENV=str(tmp_path / "venv"),
        ITOPS_WHEELHOUSE=str(tmp_path / "wheels"),
    )
    assert answer.returncode == 1
    assert f"from {tmp_path / 'wheels'}" in answer.stderr
    assert not Path(tmp_path / "venv" / ".itops-base").exists()
