"""How many processes of one name run."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import takewhile

from itops.checks.answers import Output
from itops.checks.base import Finding, State, Unreadable
from itops.checks.kind import CheckKind, LimitSet
from itops.checks.parameters import PROCESS_NAME, parameter, whole
from itops.checks.questions import Command, Transport
from itops.errors import Message

#: busybox has no `-A`, and shows all without it.
COMMAND = "export LC_ALL=C; ps -A -o pid=,comm= 2>/dev/null || ps -o pid,comm"
#: The kernel keeps this much of a name (TASK_COMM_LEN is 16, with the final zero).
LONGEST_NAME = 15


@dataclass(frozen=True)
class Params:
    """The exact name, and how many there should be."""

    process: str = parameter(PROCESS_NAME)
    least: int = parameter(whole(0, 10_000), 1)
    most: int = parameter(whole(0, 10_000), 10_000)


def ask(params: Params) -> Command:  # noqa: ARG001 - counted here: no name travels
    return Command("process", COMMAND)


def parse(output: Output) -> Mapping[str, int]:
    """Given what ps printed, return how many processes there are of each name. Raise Unreadable.

       1 systemd
     742 mysqld
    1033 mysqld
    """
    lines = [line.split(maxsplit=1) for line in output.stdout.splitlines() if line.strip()]
    heading = sum(1 for _ in takewhile(lambda words: words[0] == "PID", lines))
    counts: dict[str, int] = {}
    sees_first = False
    for words in lines[heading:]:
        if len(words) != 2 or not words[0].isdecimal():
            raise Unreadable("check.unreadable", tool="ps")
        sees_first = sees_first or words[0] == "1"
        name = words[1].rsplit("/", 1)[-1].strip()[:LONGEST_NAME]
        counts[name] = counts.get(name, 0) + 1
    if not counts:
        raise Unreadable("check.unreadable", tool="ps")
    if not sees_first:
        # Mounted with hidepid, /proc shows an account its own processes only: 0 would be a lie.
        raise Unreadable("check.process.own_only")
    return counts


def evaluate(parsed: Mapping[str, int], params: Params, limits: LimitSet) -> Finding:  # noqa: ARG001
    count = parsed.get(params.process[:LONGEST_NAME], 0)
    state = State.OK
    if count < params.least:
        state = State.CRITICAL
    elif count > params.most:
        state = State.WARNING
    said = Message("check.process.said", {"name": params.process, "n": count})
    return Finding("process", state, said, {"process.count": float(count)})


KIND = CheckKind(
    name="process",
    transport=Transport.SSH,
    params=Params,
    ask=ask,
    parse=parse,
    evaluate=evaluate,
    metrics=("process.count",),
)
