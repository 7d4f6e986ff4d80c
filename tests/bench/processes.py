"""Processes that are measured: started alone, looked at through /proc, stopped by their own id."""

import os
import signal
import socket
import subprocess
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

ROOT = Path(__file__).resolve().parents[2]
TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 100
STOP_SECONDS = 30


class Running:
    """A process with all its children; it is stopped at the end of the block."""

    def __init__(
        self, command: Sequence[str], *, log: Path, variables: Mapping[str, str] | None = None
    ) -> None:
        self._log = log
        with log.open("ab") as file:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=file,
                env=surroundings(variables or {}),
                process_group=0,
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """Ask the process to end; kill what is left of it and of its children."""
        everything = self.ids()
        if self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait(STOP_SECONDS)
        for process_id in set(everything) - {self._process.pid}:
            if group_of(process_id) == self._process.pid:
                os.kill(process_id, signal.SIGKILL)

    @property
    def is_alive(self) -> bool:
        return self._process.poll() is None

    def ids(self) -> list[int]:
        """Return the process and its living descendants."""
        children = children_of_all()
        found = [self._process.pid]
        for process_id in found:
            found += children.get(process_id, [])
        return found

    def cpu_seconds(self) -> float:
        """Return the processor time of the process, its children and those that have ended."""
        return sum(map(cpu_seconds, self.ids()))

    def pss_mib(self) -> float:
        """Return the memory that is this program's share, as `pss_bytes` counts it."""
        return pss_bytes(self.ids()) / 2**20

    def wait_for_port(self, port: int, *, seconds: float = 60) -> None:
        """Return once somebody listens there. Raise RuntimeError if nobody does in time."""
        until = time.monotonic() + seconds
        while time.monotonic() < until and self.is_alive:
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
            except OSError:
                time.sleep(0.05)
            else:
                return
        raise RuntimeError(f"nothing answers on port {port}: {self.said()}")

    def said(self) -> str:
        """Return the end of what the process printed."""
        return self._log.read_text("utf-8", "replace")[-400:]


def surroundings(variables: Mapping[str, str]) -> dict[str, str]:
    """Return an environment in which the checkout's packages are found, without our settings."""
    kept = {name: text for name, text in os.environ.items() if not name.startswith("ITOPS_")}
    return {**kept, "PYTHONPATH": f"{ROOT}:{ROOT / 'agents'}", **variables}


def cpu_seconds(process_id: int) -> float:
    """Return a process's own time to the nanosecond, and that of its ended children in ticks."""
    try:
        exact = time.clock_gettime_ns((~process_id << 3) | 2) / 1e9
        fields = Path(f"/proc/{process_id}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return exact + (int(fields[13]) + int(fields[14])) / TICKS_PER_SECOND


def pss_bytes(process_ids: Sequence[int]) -> float:
    """Return the proportional set size of processes, as if no other Python ran on the machine.

    The kernel divides a page among all who map it, so another Python (the server that the agent
    reports to, this measurement) would make ours look smaller than where the agent is alone. What
    another Python maps too is therefore divided only among the other programs that map the file,
    each counted once however many processes it has: that is rather too much than too little.
    """
    outside = set(all_ids()) - set(process_ids)
    pythons = {process_id for process_id in outside if is_python(process_id)}
    in_pythons = {path for one in pythons for path in mapped_files(one)}
    others: Counter[str] = Counter()
    seen = set()
    for process_id in outside - pythons:
        if (program := program_of(process_id)) not in seen:
            seen.add(program)
            others.update(mapped_files(process_id))
    total = 0.0
    for process_id in process_ids:
        for path, resident, share in mappings(process_id):
            is_only_ours = len(process_ids) == 1 and path in in_pythons
            total += resident / (1 + others[path]) if is_only_ours else share
    return total * 1024


def mappings(process_id: int) -> list[tuple[str, int, int]]:
    """Return (file, resident kB, proportional kB) of each mapping of a process."""
    found: list[tuple[str, int, int]] = []
    path, resident = "", 0
    try:
        lines = Path(f"/proc/{process_id}/smaps").read_text("utf-8", "replace").splitlines()
    except OSError:
        return []
    for line in lines:
        first, *rest = line.split(maxsplit=5)
        if first == "Rss:":
            resident = int(rest[0])
        elif first == "Pss:":
            found.append((path, resident, int(rest[0])))
        elif not first.endswith(":"):
            path = rest[4] if len(rest) > 4 else ""
    return found


def mapped_files(process_id: int) -> set[str]:
    return {path for path, _, _ in mappings(process_id) if path.startswith("/")}


def is_python(process_id: int) -> bool:
    return Path(program_of(process_id)).name.startswith("python")


def program_of(process_id: int) -> str:
    """Return the program that a process runs; of one that may not be looked at, nothing."""
    try:
        return str(Path(f"/proc/{process_id}/exe").readlink())
    except OSError:
        return ""


def all_ids() -> list[int]:
    return [int(path.name) for path in Path("/proc").iterdir() if path.name.isdigit()]


def children_of_all() -> dict[int, list[int]]:
    """Return the children of every process."""
    found: dict[int, list[int]] = {}
    for process_id in all_ids():
        try:
            stat = Path(f"/proc/{process_id}/stat").read_text("utf-8", "replace")
        except OSError:
            continue
        found.setdefault(int(stat.rpartition(")")[2].split()[1]), []).append(process_id)
    return found


def group_of(process_id: int) -> int:
    try:
        return os.getpgid(process_id)
    except OSError:
        return 0
