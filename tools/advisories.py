"""Asks a public database of advisories about every locked package: `make audit`.

Exit codes: 0 nothing is known against what is locked, 1 something is, 2 nobody could be asked.
"""

import json
import sys
from collections.abc import Sequence
from http.client import HTTPException
from urllib.request import Request, urlopen

from tools.locks import Pinned, pinned

#: The Open Source Vulnerabilities database's way to ask about many at once.
DATABASE = "https://api.osv.dev/v1/querybatch"
LOCKS = ("base", "agent", "dev")
PATIENCE_SECONDS = 20


def main(database: str = DATABASE) -> int:
    """Say what is known against what the locks pin. Return the exit code."""
    packages = sorted({one for lock in LOCKS for one in pinned(lock)}, key=lambda one: one.name)
    try:
        known = advisories(packages, database)
    except (OSError, ValueError, HTTPException) as reason:
        tell(f"no database of advisories can be reached, so nothing was checked ({reason})")
        return 2
    for package, numbers in known.items():
        tell(f"{package.name} {package.version}: {', '.join(numbers)}")
    tell(f"{len(packages)} packages asked about, something is known against {len(known)}")
    return 1 if known else 0


def advisories(packages: Sequence[Pinned], database: str) -> dict[Pinned, list[str]]:
    """Return the numbers of the advisories on each package that has any.

    Raise OSError or HTTPException if nobody answers, ValueError if the answer is none.
    """
    queries = [
        {"package": {"name": one.name, "ecosystem": "PyPI"}, "version": one.version}
        for one in packages
    ]
    body = json.dumps({"queries": queries}).encode()
    request = Request(database, body, {"Content-Type": "application/json"})  # noqa: S310 - ours
    with urlopen(request, timeout=PATIENCE_SECONDS) as answer:  # noqa: S310 - ours
        results = json.load(answer)["results"]
    return {
        package: [str(one["id"]) for one in result["vulns"]]
        for package, result in zip(packages, results, strict=True)
        if result.get("vulns")
    }


def tell(line: str) -> None:
    print(line, file=sys.stderr)
