"""The agent at work: collect on time, send when possible, say farewell.

Every host has its own second of the minute, drawn from its fingerprint, so that ten thousand of
them don't call at once. The clock that decides never jumps; the one that labels may.
"""

from __future__ import annotations

import os
import sys

from itops_agent import clock, config, enrolling, health, programs, status, texts
from itops_agent.errors import AgentError, Unseen
from itops_agent.inventory.watching import InventoryWatch
from itops_agent.sending.sender import Sender
from itops_agent.spool import Spool
from itops_agent.stopping import Stop

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

FIRST_LOOK_SECONDS = 1.0  # the processors need two readings
FAREWELL_SECONDS = 5.0
INVENTORY_LOOK_SECONDS = 1.0


class Agent:
    """The parts, made from the local files, and what they do together."""

    def __init__(self, made: config.Config) -> None:
        credential = config.load_credential(made)
        self.machine = enrolling.machine(credential)
        connection = enrolling.connect(made)
        self.spool = Spool(
            made.spool_dir, max_bytes=made.spool_bytes, max_reports=made.spool_reports
        )
        self.sender = Sender(self.spool, connection, bearer=credential.bearer, machine=self.machine)
        self.inventory = InventoryWatch(made)
        self.config = made
        self._collector = health.Collector(interval_seconds=made.interval_seconds)
        self._status = status.read(made.status_file) or {}
        self._logged = ""

    def collect(self) -> None:
        """Put a health report into the spool."""
        report = self._collector.collect(at=clock.now(), ticks=clock.ticks())
        report["clock_skew_seconds"] = self.sender.last.skew_seconds
        report["spool"] = {"waiting": self.spool.waiting, "dropped": self.spool.dropped}
        self.spool.put(health.fitting(report))

    def look_at_inventory(self) -> None:
        """Put an inventory into the spool if there is a new one."""
        printed = self.inventory.next_report(at=clock.now(), ticks=clock.ticks())
        if printed is not None:
            self.spool.put_bytes(printed)
            self.inventory.stored()

    def send(self, *, seconds: float | None = None) -> bool:
        """Try one batch, and leave word of it. Return whether something arrived."""
        has_arrived = self.sender.send_one_batch(seconds=seconds)
        outcome = self.sender.last
        if outcome.inventory_wanted:
            self.inventory.wanted(clock.now())
        if not has_arrived or not self.spool.waiting:
            self._leave_word()
            self.sender.close()
        if outcome.key not in (self._logged, "send.halved"):
            self._logged = outcome.key
            log(outcome.key, outcome.params)
        return has_arrived

    def _leave_word(self) -> None:
        spool = self.spool
        self._status = status.after(
            self._status,
            self.sender.last,
            at=clock.now(),
            waiting=spool.waiting,
            dropped=spool.dropped,
        )
        status.write(self.config.status_file, self._status)

    def say_farewell(self, reason: str) -> None:
        """Queue the farewell, and send it if the server answers quickly."""
        self.spool.put({"kind": "farewell", "taken_at": round(clock.now(), 3), "reason": reason})
        until = clock.ticks() + FAREWELL_SECONDS
        while self.sender.is_ready(clock.ticks()) and clock.ticks() < until:
            if not self.send(seconds=max(0.5, until - clock.ticks())):
                return

    def close(self) -> None:
        self.inventory.stop()
        self.sender.close()
        self.spool.close()


def run(made: config.Config) -> int:
    """Work until told to stop. Return the exit code."""
    agent = Agent(made)
    stop = Stop(os.path.join(made.data_dir, "stop"))
    stop.listen()
    log("run.started", {"server": made.server})
    try:
        work(agent, stop)
        guarded(lambda: agent.say_farewell(reason(stop)))
    finally:
        agent.close()
        stop.close()
    return 0


def work(agent: Agent, stop: Stop) -> None:
    """Collect and send, each when it is time, until told to stop."""
    stop.wait(FIRST_LOOK_SECONDS)
    interval = agent.config.interval_seconds
    phase = int(agent.machine[:8], 16) % (interval * 1000) / 1000
    due = clock.ticks()
    while not stop.is_set:
        if clock.ticks() >= due:
            guarded(agent.collect)
            due = following(clock.ticks(), interval, phase)
        guarded(agent.look_at_inventory)
        if agent.sender.is_ready(clock.ticks()):
            guarded(agent.send)
        else:
            stop.wait(pause(agent, due))


def following(ticks: float, interval: float, phase: float) -> float:
    """Return the next moment of this host's own phase, at least half an interval away."""
    due = (ticks - phase) // interval * interval + phase + interval
    return due if due - ticks >= interval / 2 else due + interval


def pause(agent: Agent, due: float) -> float:
    """Return how long there is nothing to do."""
    moments = [due]
    if agent.spool.waiting:
        moments.append(agent.sender.patience.not_before)
    if agent.inventory.is_running:
        moments.append(clock.ticks() + INVENTORY_LOOK_SECONDS)
    return max(0.0, min(moments) - clock.ticks())


def guarded(step: Any) -> None:
    """Do one step; whatever goes wrong in it is logged, and the agent goes on."""
    try:
        step()
    except AgentError as error:
        log(error.key, error.params)
    except Exception as error:  # noqa: BLE001  (the loop of a long-running process)
        log("run.trouble", {"why": f"{type(error).__name__}: {error}"})


def reason(stop: Stop) -> str:
    """Say whether the machine goes down or only this service."""
    if stop.is_shutdown:
        return "shutdown"
    try:
        state = programs.output(("systemctl", "is-system-running"), seconds=2, ok=(0, 1))
    except Unseen:
        return "service_stop"
    return "shutdown" if state.strip() == "stopping" else "service_stop"


def once(made: config.Config, *, with_inventory: bool) -> Agent:
    """Collect and send one time. Return the agent, closed, for what it has to tell."""
    agent = Agent(made)
    try:
        clock.rest(FIRST_LOOK_SECONDS)
        agent.collect()
        if with_inventory:
            take_inventory(agent)
        while agent.sender.is_ready(clock.ticks()) and agent.send():
            pass
    finally:
        agent.close()
    return agent


def take_inventory(agent: Agent) -> None:
    """Wait for an inventory, if one is due."""
    agent.look_at_inventory()
    while agent.inventory.is_running:
        clock.rest(0.1)
        agent.look_at_inventory()


def log(key: str, params: dict[str, object]) -> None:
    """Write one line for the journal."""
    sys.stderr.write(texts.say(key, **params) + "\n")
    sys.stderr.flush()
