"""Asking Network UPS Tools for the variables of a UPS, by its own protocol over TCP.

It is the "Network protocol" of NUT's developer guide: LIST VAR answers BEGIN, a line for each
variable, END; or ERR and a word. Nothing is ever set, and no command is ever sent to a UPS.
"""

import re
from collections.abc import Iterator

from itops.checks.answers import NutAnswer
from itops.checks.questions import NutQuestion
from itops.remote.errors import ClosedEarly, NotSpoken
from itops.remote.limits import DEFAULTS, Deadline, RemoteLimits
from itops.remote.sockets import connect, cut_off, reasons

VARIABLE = re.compile(r'VAR (\S+) (\S+) "((?:[^"\\]|\\.)*)"')
ESCAPED = re.compile(r"\\(.)")
#: Nothing that upsd lists is longer.
LONGEST_LINE = 4096


def ask(address: str, question: NutQuestion, *, limits: RemoteLimits = DEFAULTS) -> NutAnswer:
    """Return what upsd says of a UPS, or its error word. Raise RemoteError."""
    deadline = Deadline(limits.run_seconds)
    made = connect(address, question.port, deadline.within(limits.connect_seconds))
    with made, cut_off(made, deadline, "answer"), reasons("answer"):
        made.settimeout(deadline.left("answer"))
        made.sendall(f"LIST VAR {question.ups}\n".encode())
        with made.makefile("rb") as lines:
            return read(question.ups, iter(lambda: lines.readline(LONGEST_LINE), b""))


def read(ups: str, lines: Iterator[bytes]) -> NutAnswer:
    """Given upsd's lines, return the variables. Raise ClosedEarly or NotSpoken."""
    variables: dict[str, str] = {}
    size = 0
    for number, raw in enumerate(lines):
        size += len(raw)
        if size > DEFAULTS.output_bytes or not raw.endswith(b"\n"):
            break
        line = raw.decode("utf-8", "replace").rstrip("\r\n")
        if number == 0 and line.startswith("ERR "):
            return NutAnswer(error=line.removeprefix("ERR ").split(" ")[0])
        if line == f"END LIST VAR {ups}":
            return NutAnswer(variables)
        if match := VARIABLE.fullmatch(line):
            variables[match[2]] = ESCAPED.sub(r"\1", match[3])
        elif line != f"BEGIN LIST VAR {ups}":
            raise NotSpoken(protocol="NUT")
    raise ClosedEarly
