"""The real program, as a process: it reports, goes on through trouble, and says farewell."""

from __future__ import annotations

import json
import os
import signal
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from itops_agent import running

from tests.agents.receiver import refuse

AGENTS = str(Path(__file__).resolve().parents[2] / "agents")


def start(settings, *words, **more):
    environment = {**os.environ, "PYTHONPATH": AGENTS, "LC_ALL": "C.UTF-8"}
    return subprocess.Popen(
        [sys.executable, "-m", "itops_agent", "--config", settings.path, *words],
        env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **more,
    )  # fmt: skip


def call(settings, *words):
    process = start(settings, *words)
    printed, complained = process.communicate(timeout=60)
    return process.returncode, printed, complained


def arrival(receiver, wanted):
    """Return an event that is set once what is stored is as wanted."""
    event = threading.Event()

    def look():
        if wanted(receiver.reports()):
            event.set()

    receiver.on_store = look
    return event


def kinds(reports):
    return [report["kind"] for report in reports]


@pytest.mark.slow
def test_it_sends_health_and_an_inventory_and_says_farewell(settings, receiver):
    both = arrival(receiver, lambda reports: {"health", "inventory"} <= set(kinds(reports)))
    process = start(settings, "run")
    # An inventory asks the system's package manager for updates, which takes its time.
    came = both.wait(180)
    process.send_signal(signal.SIGTERM)
    _, complained = process.communicate(timeout=60)
    assert came
    assert process.returncode == 0
    reports = receiver.reports()
    assert kinds(reports)[0] == "health"
    assert kinds(reports)[-1] == "farewell"
    assert reports[-1]["reason"] == "service_stop"
    assert [report["seq"] for report in reports] == list(range(1, len(reports) + 1))
    assert complained.splitlines()[0] == f"Reporting to {receiver.url}."


@pytest.mark.slow
def test_a_farewell_that_can_not_be_sent_waits_for_the_next_start(settings, receiver):
    first = arrival(receiver, bool)
    process = start(settings, "run")
    assert first.wait(30)
    receiver.close()
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=15)
    assert process.returncode == 0
    last = json.loads(Path(settings.status_file).read_text())
    assert last["waiting"] >= 1
    assert last["outcome"] == "net.connection"


@pytest.mark.slow
def test_only_one_may_run(settings, receiver):
    first = arrival(receiver, bool)
    process = start(settings, "run")
    assert first.wait(30)
    code, _, complained = call(settings, "once")
    assert code == 5
    assert "Another itops-agent" in complained
    process.kill()
    process.communicate()


def test_once_sends_and_says_so(settings, receiver):
    code, printed, _ = call(settings, "once", "--no-inventory", "--json")
    assert code == 0
    assert json.loads(printed)["outcome"] == "send.done"
    assert kinds(receiver.reports()) == ["health"]


def test_once_without_a_server_keeps_the_report_and_says_so(settings, receiver):
    receiver.close()
    code, printed, _ = call(settings, "once", "--no-inventory", "--json")
    assert code == 4
    assert json.loads(printed)["waiting"] == 1


def test_status_tells_how_the_last_attempt_went(settings, receiver):
    call(settings, "once", "--no-inventory")
    code, printed, _ = call(settings, "status", "--json")
    told = json.loads(printed)
    assert code == 0
    assert (told["outcome"], told["waiting"], told["enrolment"]) == ("send.done", 0, "approved")
    assert abs(told["clock_skew_seconds"]) < 1
    assert "secret-key" not in printed


def test_status_tells_that_the_key_was_revoked(settings, receiver):
    receiver.faults.append(refuse(401))
    call(settings, "once", "--no-inventory")
    code, printed, _ = call(settings, "status")
    assert code == 1
    assert "revoked" in printed
    assert "Reports waiting: 1" in printed


def test_the_key_can_be_read_by_its_owner_only(settings):
    assert stat.S_IMODE(Path(settings.key_file).stat().st_mode) == 0o600
    assert "secret-key" not in Path(settings.path).read_text()


def test_it_speaks_chinese_where_the_system_does(settings):
    environment = {**os.environ, "PYTHONPATH": AGENTS, "LC_ALL": "zh_CN.UTF-8"}
    words = [sys.executable, "-m", "itops_agent", "--config", settings.path + ".no", "run"]
    done = subprocess.run(words, env=environment, capture_output=True, check=False)
    assert done.returncode == 3
    assert "请先登记本机" in done.stderr.decode()


def test_the_resident_process_leaves_heavy_modules_alone():
    """What a process that stays for months must not import (PSS: SPEED of the agent)."""
    heavy = (
        "argparse dataclasses pathlib typing http.client urllib.parse email logging random shutil"
    )
    words = "import sys; import itops_agent.running; print(*sys.modules)"
    environment = {**os.environ, "PYTHONPATH": AGENTS}
    done = subprocess.run(
        [sys.executable, "-c", words], env=environment, capture_output=True, check=True, text=True
    )
    bare = subprocess.run(
        [sys.executable, "-c", "import sys, psutil; print(*sys.modules)"],
        env=environment, capture_output=True, check=True, text=True,
    )  # fmt: skip
    ours = set(done.stdout.split()) - set(bare.stdout.split())
    assert ours & set(heavy.split()) == set()


@pytest.mark.parametrize("ticks", [0.0, 17.3, 59.99, 60.0, 1e6 + 0.5])
def test_every_host_has_its_own_second_and_keeps_it(ticks):
    due = running.following(ticks, 60, 17.25)
    assert (due - 17.25) % 60 == pytest.approx(0, abs=1e-6)
    assert 30 <= due - ticks <= 90
