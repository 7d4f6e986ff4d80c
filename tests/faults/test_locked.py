"""F7: while another process holds the database, who writes waits ten seconds and no longer."""

import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial

import pysqlite3
import pytest

from itops.remote.backups import own_database
from itops.sqlite import BUSY_SECONDS
from tests.api.reporting import health
from tests.faults.serving import Server
from tests.faults.test_ill_disk import asked, signed_in, taken
from tests.faults.test_intake_killed import stored

pytestmark = [pytest.mark.both_databases, pytest.mark.faults, pytest.mark.slow]
#: A machine at work on other things answers that much later.
MARGIN = 3.0


@contextmanager
def locked(url):
    """Hold what everybody writes to, as another process that hangs would."""
    if url.startswith("sqlite"):
        other = pysqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")
        other.close()
        return
    with own_database.connected(url) as other:
        other.execute("LOCK TABLE sign_in_failure, host_spool, health_sample IN EXCLUSIVE MODE")
        yield


def report(server, agent, seq):
    body = json.dumps(agent.envelope(health(seq)))
    return asked(server, "/api/v1/reports", body, Authorization=agent.bearer)


def timed(ask):
    began = time.monotonic()
    status, headers, _ = ask()
    return status, headers.get("Retry-After"), time.monotonic() - began


def test_f7_who_writes_is_told_in_time_and_nothing_is_lost_or_doubled(
    agents, database_url, tmp_path, full
):
    server = Server(tmp_path, database_url)
    server.start()
    assert all(taken(server, agent, health(1)) == ([1], []) for agent in agents)
    until = time.monotonic() + full(30)
    with locked(database_url), ThreadPoolExecutor(8) as pool:
        while True:
            asks = [partial(signed_in, server) for _ in range(3)]
            asks += [partial(report, server, agent, 2) for agent in agents]
            answers = [pool.submit(timed, ask) for ask in asks]
            threading.Event().wait(1)
            assert asked(server, "/readyz")[0] == 200  # who reads waits for nobody
            for status, later, seconds in (answer.result() for answer in answers):
                assert (status, later is not None) == (503, True)
                assert seconds < BUSY_SECONDS + MARGIN
            if time.monotonic() > until:
                break
    for agent in agents:
        assert taken(server, agent, health(2)) == ([2], [])
    assert signed_in(server)[0] == 422
    server.stop()
    assert stored() == {(agent.host_id, each): 1 for agent in agents for each in (1, 2)}
