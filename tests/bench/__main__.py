"""`make bench`: measure speed beside the peers, print a line of JSON a figure, write the pages."""

import argparse
import importlib
import os
import platform
import sys
import tempfile
import traceback
from importlib.metadata import version
from pathlib import Path
from typing import Any

from itops.clock import utcnow
from tests.bench import report
from tests.bench.groups import GROUPS, SEPARATE, Run
from tests.bench.peers import versions

DOCS = Path(__file__).resolve().parents[2] / "docs"
ROUNDS = 3
OWN = ("granian", "uvloop", "SQLAlchemy", "msgspec", "psutil", "paramiko")


def main(words: list[str]) -> int:
    """Measure what the words ask for. Return 0 unless a measurement broke."""
    asked = parser().parse_args(words)
    names = asked.only or [name for name in GROUPS if name not in SEPARATE]
    before = load_average()
    measured: dict[str, list[report.Figure]] = {}
    broken = 0
    for name in names:
        figures = []
        try:
            with tempfile.TemporaryDirectory(prefix="itops-bench-") as folder:
                Path(folder).chmod(0o755)
                run = Run(Path(folder), rounds=asked.rounds, is_quick=asked.quick)
                for figure in importlib.import_module(f"tests.bench.groups.{name}").figures(run):
                    figures.append(figure)
                    print(figure.line(), flush=True)  # noqa: T201 - the command's answer
        except Exception:  # noqa: BLE001 - one group that broke must not lose the others
            traceback.print_exc()
            broken += 1
        else:
            measured[name] = figures
    if not asked.quick or asked.output:
        about = surroundings(asked.rounds, before)
        report.write(asked.output or DOCS, measured, about)
    return 1 if broken else 0


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(prog="make bench ARGS=…", description=__doc__)
    made.add_argument(
        "--only", action="append", choices=GROUPS, metavar="GROUP", help=", ".join(GROUPS)
    )
    made.add_argument("--rounds", type=int, default=ROUNDS, help="pairs of measurements (3)")
    made.add_argument("--quick", action="store_true", help="short and rough; writes no page")
    made.add_argument("--output", type=Path, help="folder for benchmarks.json and .md (docs)")
    return made


def surroundings(rounds: int, before: str) -> dict[str, Any]:
    """Return when, where and with what it was measured, and how."""
    own = {name: version(name) for name in OWN}
    return {
        "date": utcnow().strftime("%Y-%m-%d %H:%M UTC"),
        "rounds": rounds,
        "machine": f"{os.cpu_count()} processors, {platform.system()} {platform.machine()}",
        "load_before": before,
        "load_after": load_average(),
        "versions": {"Python": platform.python_version()} | own | versions(),
        "how": dict(GROUPS),
    }


def load_average() -> str:
    return f"{os.getloadavg()[0]:.1f}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
