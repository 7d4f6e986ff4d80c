"""How old and how big a file is, or the newest file of a folder."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from itops.checks.answers import Output
from itops.checks.base import BOARD_ORDER, Finding, Limits, State, Unreadable
from itops.checks.kind import CheckKind, LimitField, LimitSet, last_line
from itops.checks.metrics import Unit
from itops.checks.parameters import PATH, parameter, text
from itops.checks.questions import Command, Transport
from itops.errors import Message

#: The newest 200 are enough to judge the newest, and a listing stays short.
COMMAND = (
    "export LC_ALL=C; date +%s;"
    ' if [ -z "$2" ]; then stat -L -c "%Y %s %n" "$1";'
    ' else stat -L -c %F "$1" && find "$1" -maxdepth 1 -type f -name "$2"'
    ' -exec stat -c "%Y %s %n" {} + | sort -rn | head -n 200; fi'
)
LINE = re.compile(r"(\d{1,12}) (\d{1,19}) (/.*)")
PATTERN = text("check.rule.pattern", r"[A-Za-z0-9_*?\[\]][A-Za-z0-9_.*?\[\]@+=-]*", longest=100)
#: A little ahead is no more than what two clocks in one machine differ by.
FUTURE_SECONDS = 60


@dataclass(frozen=True)
class Params:
    """A file, or a folder and a pattern of names in it."""

    path: str = parameter(PATH)
    pattern: str = parameter(PATTERN, "")


@dataclass(frozen=True)
class Listing:
    """Files, newest first, as (age in seconds by the machine's own clock, bytes, path)."""

    files: Sequence[tuple[float, int, str]]
    is_missing: bool = False


def ask(params: Params) -> Command:
    return Command("file", COMMAND, (params.path, params.pattern))


def parse(output: Output) -> Listing:
    """Given what the command printed, return the files. Raise Unreadable.

    1763870400
    1763866800 52428800 /srv/backup/his-2025-11-23.dump
    """
    now, *lines = output.stdout.splitlines() or [""]
    if not re.fullmatch(r"\d{9,12}", now):
        raise Unreadable("check.unreadable", tool="date")
    if lines and lines[0] == "directory":
        lines = lines[1:]
    elif output.exit_code:
        if "No such file or directory" in output.stderr:
            return Listing((), is_missing=True)
        raise Unreadable("check.file.not_seen", said=last_line(output.stderr))
    matches = [LINE.fullmatch(line) for line in lines]
    if any(match is None for match in matches):
        raise Unreadable("check.unreadable", tool="stat")
    found = [match.groups() for match in matches if match]
    files = [(float(now) - float(changed), int(size), path) for changed, size, path in found]
    if not files and output.stderr.strip():
        raise Unreadable("check.file.not_seen", said=last_line(output.stderr))
    return Listing(sorted(files))


def evaluate(parsed: Listing, params: Params, limits: LimitSet) -> Finding:
    """Judge the newest file's age and size; that there is none is critical."""
    if not parsed.files:
        key = "check.file.missing" if parsed.is_missing else "check.file.none"
        said = {"path": params.path, "pattern": params.pattern}
        return Finding("file", State.CRITICAL, Message(key, said), {"file.count": 0.0})
    age, size, path = parsed.files[0]
    judged = judge(age, size, path, limits)
    state, message = min(judged, key=lambda one: BOARD_ORDER.index(one[0]))
    metrics = {
        "file.age_seconds": max(0.0, age),
        "file.size_bytes": float(size),
        "file.count": float(len(parsed.files)),
    }
    return Finding("file", state, message, metrics)


def judge(age: float, size: int, path: str, limits: LimitSet) -> list[tuple[State, Message]]:
    said = {"path": path, "hours": round(age / 3600, 1), "bytes": size}
    if age < -FUTURE_SECONDS:
        # Its age can't be known: by this date it would stay fresh until that day comes.
        return [(State.UNKNOWN, Message("check.file.future", said))]
    by_age = limits["age"].grade(age / 3600)
    by_size = State.worst(limits["smallest"].grade_low(size), limits["largest"].grade(size))
    key = "check.file.size" if by_size is not State.OK else "check.file.said"
    return [(by_age, Message("check.file.said", said)), (by_size, Message(key, said))]


KIND = CheckKind(
    name="file",
    transport=Transport.SSH,
    params=Params,
    ask=ask,
    parse=parse,
    evaluate=evaluate,
    limits=(
        # A daily file that was made an hour later than yesterday is not late yet.
        LimitField("age", Limits(26, 50), Unit.HOURS),
        LimitField("smallest", Limits(), Unit.BYTES, is_lower_worse=True),
        LimitField("largest", Limits(), Unit.BYTES),
    ),
    metrics=("file.age_seconds", "file.size_bytes", "file.count"),
)
