"""What a machine printed, as the checks are handed it."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from itops.checks.answers import Answer, Output
from itops.checks.base import Finding
from itops.checks.catalogue import CHECKS
from itops.checks.kind import conclude
from itops.checks.parameters import read

SAMPLES = Path(__file__).parents[1] / "samples"
AT = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)


def output(stdout: str = "", **changes: Any) -> Output:
    """Return a command's output as it comes when all goes well."""
    usual: dict[str, Any] = {"stderr": "", "exit_code": 0, "seconds": 0.2, "sent_at": AT}
    return Output(stdout, **(usual | changes))


def sample(name: str, **changes: Any) -> Output:
    return output((SAMPLES / name).read_text("utf-8"), **changes)


def found(kind_name: str, answer: Answer, limits: Any = None, **params: Any) -> Finding:
    """Return what a check makes of an answer."""
    kind = CHECKS[kind_name]
    return conclude(kind, answer, read(kind.params, params), limits or {})


#: What some machine will print one day instead of what was asked for.
NONSENSE = [
    "",
    "\n\n\n",
    "sh: 1: df: not found\n",
    "This account is currently not available.\n",
    "Last login: Mon Nov 23 from 10.0.0.5\nWelcome!\n",
    "文件系统 1K-块 已用 可用 已用% 挂载点\n",
    "\x00\x01\x02\ufffd\n",
    "{}",
    "<html><body>502 Bad Gateway</body></html>",
    "9" * 5000,
    "-1 -1 -1\n-1\n",
    "nan nan nan 1/1 1\nnan\n",
    "1e999 1 1 1/1 1\n4\n",
    "=\n==\n=x\n",
]
