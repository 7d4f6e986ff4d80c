"""What our agent costs the machine that it looks after, beside the agents that others run there."""

import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.bench.certificates import make_certificate
from tests.bench.groups import Run
from tests.bench.our_server import serving
from tests.bench.peers import collectd, node_exporter, zabbix_agent
from tests.bench.processes import Running, surroundings
from tests.bench.report import Figure, Goal, at_most, compared

#: The shortest interval that the agent takes.
INTERVAL_SECONDS = 5
OWN_SECONDS = 60
COLLECTD_SECONDS = 30
ASKED_TIMES = 60
IDLE_SECONDS = 10
#: How long the first inventory and the first reports may take.
SETTLE_SECONDS = 120

Asked = Callable[[Path], AbstractContextManager[tuple[Running, Callable[[], None]] | None]]


@dataclass(frozen=True)
class Footprint:
    """What a program takes: its memory, and its processor time for one collection."""

    pss_mib: float
    cpu_ms: float


def figures(run: Run) -> Iterator[Figure]:
    """Yield memory and processor time of a collection beside each peer's."""
    found: dict[str, list[Footprint]] = defaultdict(list)
    for _ in run.in_turn():
        for name, measure in MEASURES.items():
            with TemporaryDirectory(dir=run.folder) as folder:
                Path(folder).chmod(0o755)
                if footprint := measure(Path(folder), run):
                    found[name].append(footprint)
    for peer, (memory, cpu) in GOALS.items():
        yield _beside("agent_memory", "MiB", peer, memory, _pair(found, peer, "pss_mib"))
        yield _beside("agent_cpu", "ms a collection", peer, cpu, _pair(found, peer, "cpu_ms"))


def _pair(found: dict[str, list[Footprint]], peer: str, what: str) -> list[list[float]]:
    return [[getattr(each, what) for each in found[name]] for name in (OURS, peer)]


def _beside(
    name: str, unit: str, peer: str, goals: tuple[Goal | None, Goal | None], both: list[list[float]]
) -> Figure:
    goal, stretch = goals
    name = f"{name}_beside_{peer.replace('-', '_')}"
    figure = Figure(name=name, value=None, unit=unit, peer=peer, goal=goal, stretch=stretch)
    return compared(figure, *both)


def own_agent(folder: Path, run: Run) -> Footprint:
    """Measure `itops-agent run`, sending to a real server over TLS."""
    certificate = make_certificate(folder)
    with serving(folder, certificate=certificate) as (_, address):
        configuration = folder / "agent" / "agent.conf"
        enrol(configuration, folder, address, certificate[0])
        command = [sys.executable, "-m", "itops_agent", "--config", str(configuration), "run"]
        with Running(command, log=folder / "agent.log") as running:
            settle(running, configuration.parent / "data" / "status.json")
            return spent(running, run.seconds(OWN_SECONDS), INTERVAL_SECONDS)


def enrol(configuration: Path, folder: Path, address: str, trusted: Path) -> None:
    """Enrol this machine with a code from the server's own command line."""
    variables = surroundings({"ITOPS_DATA_DIR": str(folder / "data")})
    code = subprocess.run(
        [sys.executable, "-m", "itops", "agent", "code", "--approve"],
        env=variables,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    ).stdout.split()[0]
    words = ["enroll", "--server", address.replace("127.0.0.1", "localhost"), "--code", code]
    words += ["--ca-file", str(trusted), "--interval", str(INTERVAL_SECONDS)]
    subprocess.run(
        [sys.executable, "-m", "itops_agent", "--config", str(configuration), *words],
        env=variables,
        check=True,
        capture_output=True,
        timeout=60,
    )


def settle(running: Running, word: Path) -> None:
    """Return once a report has arrived and the first inventory, a process of its own, is over."""
    until = time.monotonic() + SETTLE_SECONDS
    while time.monotonic() < until:
        if not running.is_alive:
            raise RuntimeError(f"the agent ended: {running.said()}")
        if word.exists() and len(running.ids()) == 1:
            time.sleep(INTERVAL_SECONDS)
            if len(running.ids()) == 1:
                return
        time.sleep(0.5)
    raise RuntimeError(f"the agent did not come to rest: {running.said()}")


def spent(running: Running, seconds: float, every_seconds: float) -> Footprint:
    """Measure a program that collects by itself."""
    before, began = running.cpu_seconds(), time.monotonic()
    time.sleep(max(seconds, 2 * every_seconds))
    collections = (time.monotonic() - began) / every_seconds
    used = running.cpu_seconds() - before
    if not running.is_alive:
        raise RuntimeError(f"it ended: {running.said()}")
    return Footprint(running.pss_mib(), used / collections * 1000)


def by_itself(folder: Path, run: Run) -> Footprint | None:
    with collectd.collecting(folder) as running:
        if running is None:
            return None
        time.sleep(run.seconds(8))
        return spent(running, run.seconds(COLLECTD_SECONDS), collectd.EVERY_SECONDS)


def when_asked(peer: Asked) -> Callable[[Path, Run], Footprint | None]:
    """Return what measures a program that collects when it is asked, and idles otherwise."""

    def measure(folder: Path, run: Run) -> Footprint | None:
        with peer(folder) as found:
            if found is None:
                return None
            running, ask = found
            time.sleep(run.seconds(3))
            for _ in range(3):
                ask()
            idle = _rate(running, lambda: time.sleep(run.seconds(IDLE_SECONDS)))
            times = 10 if run.is_quick else ASKED_TIMES
            before, began = running.cpu_seconds(), time.monotonic()
            for _ in range(times):
                ask()
                time.sleep(0.02)
            used = running.cpu_seconds() - before - idle * (time.monotonic() - began)
            return Footprint(running.pss_mib(), max(used, 1e-6) / times * 1000)

    return measure


def _rate(running: Running, wait: Callable[[], None]) -> float:
    """Return the processor seconds a second that a program uses while we wait."""
    before, began = running.cpu_seconds(), time.monotonic()
    wait()
    return (running.cpu_seconds() - before) / (time.monotonic() - began)


OURS = "itops-agent"
MEASURES: dict[str, Callable[[Path, Run], Footprint | None]] = {
    OURS: own_agent,
    node_exporter.NAME: when_asked(node_exporter.asked),
    collectd.NAME: by_itself,
    zabbix_agent.NAME: when_asked(zabbix_agent.asked),
}
#: Goal and stretch for memory and for processor time.
GOALS: dict[str, tuple[tuple[Goal | None, Goal | None], tuple[Goal | None, Goal | None]]] = {
    node_exporter.NAME: ((at_most(0.85), at_most(0.75)), (at_most(0.55), None)),
    collectd.NAME: ((None, None), (at_most(1.0), None)),
    zabbix_agent.NAME: ((None, None), (None, None)),
}
