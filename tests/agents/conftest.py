"""What the agent's tests share. They also run under Python 3.8, away from the server's tests."""

from __future__ import annotations

import pytest
from itops_agent import config, enrolling
from itops_agent.sending.patience import Patience
from itops_agent.sending.sender import Sender
from itops_agent.spool import Spool

from tests.agents.receiver import Receiver


def pytest_configure(config):
    """Name the marks for a run of these tests alone, without the project's settings."""
    config.addinivalue_line("markers", "slow: takes more than a second or two")
    config.addinivalue_line("markers", "faults: kills, starves or cuts off real processes")


@pytest.fixture
def receiver():
    server = Receiver()
    yield server
    server.close()


@pytest.fixture
def rounds(request):
    """Give a function from the full number of rounds to that of this run: all, or a tenth."""
    everything = request.config.getoption("--full", default=False)
    return lambda number: number if everything else max(1, number // 10)


@pytest.fixture
def settings(tmp_path, receiver):
    """Give the settings of an agent of its own, enrolled at the receiver."""
    path = str(tmp_path / "agent.conf")
    wanted = {"server": receiver.url, "data_dir": str(tmp_path / "data"), "proxy": "none"}
    enrolling.enroll(path, wanted, code="good-code", again=False)
    return config.load(path)


@pytest.fixture
def spool(tmp_path):
    made = Spool(str(tmp_path / "spool"))
    yield made
    made.close()


@pytest.fixture
def sender(spool, receiver):
    made = make_sender(spool, receiver.url)
    yield made
    made.close()


def make_sender(spool, url, *, ca_file="", seconds=0.5):
    """Return a sender that is never patient."""
    made = config.Config(
        "agent.conf", {**config.DEFAULTS, "server": url, "proxy": "none", "ca_file": ca_file}
    )
    connection = enrolling.connect(made, seconds=seconds)
    return Sender(
        spool,
        connection,
        bearer="Bearer ab.secret",
        machine="cd" * 32,
        patience=Patience(lambda: 0.0),
    )


def health(number=0):
    """Return a small health report that can be told from others."""
    return {"kind": "health", "taken_at": 1_795_376_000.0 + number, "users": number}


def drain(sender, attempts=100):
    """Send until nothing waits. Return how many attempts that took."""
    for attempt in range(1, attempts + 1):
        sender.send_one_batch()
        if not sender._spool.waiting:
            return attempt
    raise AssertionError(f"{sender._spool.waiting} still wait after {attempts} attempts")
