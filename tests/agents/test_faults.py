"""F5: the agent is killed again and again while it queues and sends."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from itops_agent.spool import Spool

from tests.agents import receiver as faults
from tests.agents.conftest import make_sender

ROOT = Path(__file__).resolve().parents[2]
ENVIRONMENT = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "agents")])}
pytestmark = [pytest.mark.faults, pytest.mark.slow]

BREAKS = [None, None, None, faults.reset, faults.store_then(faults.reset), faults.page(502)]


def one_life(folder, url, first, seconds):
    """Run the agent's queue for a while, kill it, and return what it said was safe."""
    words = [sys.executable, "-m", "tests.agents.storm", str(folder), url, str(first)]
    child = subprocess.Popen(
        words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=ROOT, env=ENVIRONMENT
    )
    assert child.stdout is not None
    assert child.stderr is not None
    safe: list[list[bytes]] = []
    output = child.stdout

    def listen():
        safe.extend(line.split() for line in output if line.endswith(b"\n"))

    ready = child.stdout.readline()
    assert ready, child.stderr.read().decode()
    ear = threading.Thread(target=listen)
    ear.start()
    ear.join(seconds)
    child.kill()
    child.wait()
    ear.join()
    child.stdout.close()
    child.stderr.close()
    return [tuple(map(int, pair)) for pair in [ready.split(), *safe]]


def test_a_killed_agent_loses_and_doubles_nothing(tmp_path, receiver, rounds):
    chance = random.Random(5)  # noqa: S311  (a repeatable storm, no secret)
    safe = {}
    for life in range(rounds(200)):
        receiver.faults.clear()
        receiver.faults.extend(chance.choices(BREAKS, k=50))
        first = life * 1_000_000
        for seq, number in one_life(tmp_path, receiver.url, first, chance.uniform(0.0, 0.2)):
            assert seq not in safe, "a number was given twice"
            safe[seq] = number
    receiver.faults.clear()
    spool = Spool(str(tmp_path), max_bytes=10**9)
    sender = make_sender(spool, receiver.url, seconds=5)
    while spool.waiting:
        assert sender.send_one_batch()
    sender.close()
    arrived = {seq: int(report["taken_at"]) for (_, seq), report in receiver.stored.items()}
    assert {seq: arrived.get(seq) for seq in safe} == safe
    assert len({name for name, _ in receiver.stored}) == 1
    assert len(set(arrived.values())) == len(arrived), "one report under two numbers"
    assert list((tmp_path / "refused").glob("*")) == []
    spool.close()
