"""The script for checked machines, in every shell that such a machine may have as /bin/sh."""

import subprocess
from typing import Any

import pytest

from itops.checks.base import State
from itops.checks.catalogue import CHECKS
from itops.checks.parameters import read
from itops.checks.questions import Command
from tests.checks.reading import found, output
from tests.components import missing, program
from tools.far_side import SCRIPT

SHELLS = [["dash"], ["bash", "--posix"], ["busybox", "sh"]]


@pytest.fixture(params=SHELLS, ids=lambda shell: shell[0])
def run(request):
    """Give a function that runs the script in a shell as sshd would, and returns its output."""
    path = program(request.param[0])
    if path is None:
        missing(request.param[0])

    def run_in_shell(line):
        done = subprocess.run(
            [path, *request.param[1:], str(SCRIPT)],
            env={"SSH_ORIGINAL_COMMAND": line},
            capture_output=True,
            text=True,
            check=False,
            timeout=20,
        )
        return output(done.stdout, stderr=done.stderr, exit_code=done.returncode)

    return run_in_shell


def asked(name: str, given: dict[str, Any]) -> str:
    """Return the line that the server sends for a check."""
    kind = CHECKS[name]
    question = kind.ask(read(kind.params, given))
    assert isinstance(question, Command)
    return question.forced()


@pytest.mark.parametrize(
    ("name", "given"), [("load", {}), ("disk", {}), ("process", {"process": "x"})]
)
def test_every_shell_gives_what_the_checks_read(run, name, given):
    assert found(name, run(asked(name, given)), **given).state in (
        State.OK,
        State.WARNING,
        State.CRITICAL,
    )


def test_an_argument_arrives_byte_for_byte(run, tmp_path):
    folder = tmp_path / "a  b'c\"$(id)`id`\\n*备份"
    folder.mkdir()
    (folder / "his.dump").write_bytes(b"12345")
    params = {"path": str(folder), "pattern": "h?s.*"}
    finding = found("file", run(asked("file", params)), **params)
    assert finding.metrics["file.size_bytes"] == 5
    assert finding.message.params["path"] == f"{folder}/his.dump"


@pytest.mark.parametrize(
    "line",
    [
        "",
        "id",
        "itops-check x",
        "itops-check load;id",
        "itops-check load $(id)",
        "itops-check\nload",
    ],
)
def test_all_else_is_refused(run, line):
    printed = run(line)
    assert (printed.stdout, printed.exit_code) == ("", 64)
