"""The commands that only those who work on itops need; bootstrap.py calls them."""

import os
import subprocess
import sys

from bootstrap import ROOT, call, environment, locked, python38, say
from tools import advisories, bill, far_side, settings_page

#: Each lock, and the oldest Python that it serves.
LOCKS = {"base": "3.11", "dev": "3.11", "agent": "3.8", "agent38": "3.8"}


def tidy(*rest: str) -> int:
    """Mend what the linter can mend by itself, and format."""
    code = call(sys.executable, "-m", "ruff", "check", "--fix", ".")
    return call(sys.executable, "-m", "ruff", "format", ".") or code


def docs(*rest: str) -> int:
    """Write the pages that are made from the code, and the script for checked machines."""
    settings_page.write()
    far_side.write()
    bill.write()
    return 0


def audit(*rest: str) -> int:
    """Ask whether anything is known against a locked package."""
    return advisories.main(*rest)


def lock(*rest: str) -> int:
    """Write the locks anew from what requirements/*.in ask for."""
    for name, oldest in LOCKS.items():
        options = ["--universal", "--generate-hashes", "--python-version", oldest, "--quiet"]
        files = [f"{name}.in", "-o", f"{name}.txt"]
        # In their folder, so that the paths in them are the same on every machine.
        command = [sys.executable, "-m", "uv", "pip", "compile", *options, *files, *rest]
        if code := subprocess.call(command, cwd=ROOT / "requirements"):
            return code
    return 0


def wheelhouse(*rest: str) -> int:
    """Fetch every locked package into wheelhouse/, for machines without a network."""
    target = str(ROOT / "wheelhouse")
    command = ["-m", "pip", "download", "--quiet", "-d", target, *locked("dev"), *rest]
    return call(sys.executable, *command)


def test_agent38(*rest: str) -> int:
    """Show that the agent runs on Python 3.8: by its syntax and, where there is one, live."""
    vermin = ["from vermin import main; main()", "-q", "--no-tips", "-t=3.8-", "--violations"]
    if code := call(sys.executable, "-c", *vermin, "agents/itops_agent"):
        return code
    if not python38():
        say("no Python 3.8 here (PYTHON38 can name one): only the syntax was checked")
        return 0
    alone = ["-c", os.devnull, "--rootdir=.", "--confcutdir=tests/agents", "-p", "no:cacheprovider"]
    alone += ["-W", "error", "-o", "markers=slow: takes more than a second or two"]
    return call(environment("agent38"), "-m", "pytest", *alone, *rest, "tests/agents")


CHORES = {
    "tidy": tidy,
    "docs": docs,
    "audit": audit,
    "lock": lock,
    "wheelhouse": wheelhouse,
    "test-agent38": test_agent38,
}

if __name__ == "__main__":
    name, *options = sys.argv[1:]
    sys.exit(CHORES[name](*options))
