"""Checks over SSH on 200 machines, beside the programs and libraries that others use for that."""

import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from tests.bench.groups import Run
from tests.bench.peers import ssh_tools
from tests.bench.peers.ssh_tools import Spent
from tests.bench.report import Figure, at_least, at_most, compared
from tests.bench.ssh_field import machines

#: Rounds over kept connections: one is over in half a second.
KEPT_ROUNDS = 5
NOTE = "host key checked, result judged and stored; the peers check no key and store nothing"


def figures(run: Run) -> Iterator[Figure]:
    """Yield checks a second on new and on kept connections, and what a check costs us."""
    with machines(run.folder) as field:
        if field is None:
            return
        found: dict[str, list[Spent]] = defaultdict(list)
        python = ssh_tools.environment()
        for number in run.in_turn():
            for name, spent in measured(run.folder / f"round-{number}", field, python):
                found[name].append(spent)
    yield from beside(found, "new", {"openssh": (1.2, None), "ansible": (5.0, 6.0)})
    yield from beside(found, "kept", {"asyncssh": (1.0, None), "parallel-ssh": (1.0, None)})
    for how, most in (("new", 5.0), ("kept", 1.5)):
        name, goal = f"ssh_cpu_{how}", at_most(most, of="value")
        figure = Figure(name=name, value=None, unit="ms a check", goal=goal, note="the client's")
        yield compared(figure, [one.cpu_ms for one in found[f"ours {how}"]], None)


def measured(folder: Path, field: Path, python: Path | None) -> Iterator[tuple[str, Spent]]:
    """Yield one round of everybody in turn."""
    folder.mkdir(mode=0o755)
    yield "ours new", ours(field, "new", 1)
    if spent := ssh_tools.openssh(folder, field):
        yield "openssh new", spent
    if python is not None:
        both = [ssh_tools.ansible(python, folder, field, keeps=keeps) for keeps in (False, True)]
        yield "ansible new", max(both, key=lambda one: one.a_second)
        for name in ssh_tools.LIBRARIES:
            yield f"{name} new", ssh_tools.library(python, field, name, "new", 1)
    yield "ours kept", ours(field, "kept", KEPT_ROUNDS)
    if python is not None:
        for name in ssh_tools.LIBRARIES:
            yield f"{name} kept", ssh_tools.library(python, field, name, "kept", KEPT_ROUNDS)


def ours(field: Path, how: str, rounds: int) -> Spent:
    """Measure our own engine, in a process of its own."""
    words = ["-m", "tests.bench.ssh_ours", str(field), how, str(rounds)]
    return ssh_tools.counted([sys.executable, *words])


def beside(
    found: dict[str, list[Spent]], how: str, goals: dict[str, tuple[float, float | None]]
) -> Iterator[Figure]:
    own = [one.a_second for one in found[f"ours {how}"]]
    for peer, (least, stretch) in goals.items():
        figure = Figure(
            name=f"ssh_{how}_beside_{peer.replace('-', '_')}",
            value=None,
            unit="checks a second",
            peer=peer,
            goal=at_least(least),
            stretch=at_least(stretch) if stretch else None,
            note=NOTE,
        )
        yield compared(figure, own, [one.a_second for one in found.get(f"{peer} {how}", [])])
