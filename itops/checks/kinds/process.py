"""How many processes of one name run."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from itops.checks.answers import Output
from itops.checks.base import Finding, State, Unreadable
from itops.checks.kind import CheckKind, LimitSet
from itops.checks.parameters import PROCESS_NAME, parameter, whole
from itops.checks.questions import Command, Transport
from itops.errors import Message

#: busybox has no `-A`, and shows all without it.
COMMAND = "export LC_ALL=C; ps -A -o pid=,comm= 2>/dev/null || ps -o pid,comm; echo end"
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
    end
    """
    counts: dict[str, int] = {}
    sees_first = False
    for number, name in processes(output.stdout):
        sees_first = sees_first or number == "1"
        counts[name] = counts.get(name, 0) + 1
    if not sees_first:
        # Mounted with hidepid, /proc shows an account its own processes only: 0 would be a lie.
        raise Unreadable("check.process.own_only")
    return counts


def processes(text: str) -> Iterator[tuple[str, str]]:
    """Yield each process's number and name, as much of it as the kernel keeps."""
    lines = [line.split(maxsplit=1) for line in text.splitlines()]
    if len(lines) < 2 or lines.pop() != ["end"]:
        raise Unreadable("check.unreadable", tool="ps")
    for words in lines:
        if words[:1] == ["PID"]:
            continue
        if len(words) != 2 or not words[0].isdecimal():
            raise Unreadable("check.unreadable", tool="ps")
        yield words[0], words[1].rsplit("/", 1)[-1].strip()[:LONGEST_NAME]


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
