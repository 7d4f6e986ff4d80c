"""Nothing is forgotten that was not acknowledged, and no report holds up the others."""

from __future__ import annotations

import json
import time
import zlib
from pathlib import Path

import pytest
from itops_agent import dead_letters

from tests.agents import receiver as faults
from tests.agents.conftest import drain, health


def letters(spool):
    return [dead_letters.read(str(path)) for path in sorted(Path(spool.refused_folder).iterdir())]


def test_reports_arrive_in_order_as_they_were_taken(spool, sender, receiver):
    for n in range(5):
        spool.put(health(n))
    drain(sender)
    assert [each["users"] for each in receiver.reports()] == [0, 1, 2, 3, 4]
    assert [each["seq"] for each in receiver.bodies[0]["reports"]] == [1, 2, 3, 4, 5]
    assert set(receiver.bodies[0]) == {"schema", "spool", "machine", "agent", "sent_at", "reports"}


FAULTS = {
    "drop": faults.drop,
    "reset": faults.reset,
    "half-open": faults.half_open,
    "byte by byte": faults.slowly,
    "502 page with status 200": faults.page(200),
    "502": faults.page(502),
    "a page with status 400": faults.page(400),
    "a page with status 403": faults.page(403),
    "answer cut off": faults.cut,
    "stored, then reset": faults.store_then(faults.reset),
    "stored, then silence": faults.store_then(faults.half_open),
    "stored, then a proxy's page": faults.store_then(faults.page(200)),
    "redirect": faults.page(302),
    "401": faults.refuse(401),
    "403": faults.refuse(403),
    "429": faults.refuse(429, "Retry-After: 7"),
    "503": faults.refuse(503),
    "507": faults.refuse(507),
    "500": faults.refuse(500),
}


@pytest.mark.parametrize("name", FAULTS)
def test_nothing_is_forgotten_that_was_not_acknowledged(spool, sender, receiver, name):
    for n in range(4):
        spool.put(health(n))
    receiver.faults.append(FAULTS[name])
    assert sender.send_one_batch() is False
    assert spool.waiting == 4
    assert dead_letters.count(spool.refused_folder) == 0
    drain(sender)
    assert [each["users"] for each in receiver.reports()] == [0, 1, 2, 3]


def test_a_long_series_of_faults_loses_and_doubles_nothing(spool, sender, receiver, rounds):
    kinds = [FAULTS[name] for name in FAULTS if name not in ("half-open", "byte by byte")]
    kinds = [each for each in kinds if each is not FAULTS["stored, then silence"]]
    total = rounds(300)
    for n in range(total):
        spool.put(health(n))
        receiver.faults.append(kinds[n % len(kinds)] if n % 3 else None)
        sender.send_one_batch()
    receiver.faults.clear()
    drain(sender)
    assert [each["users"] for each in receiver.reports()] == list(range(total))
    assert dead_letters.count(spool.refused_folder) == 0


def test_a_slow_answer_ends_at_the_time_limit_of_the_whole(spool, sender, receiver):
    spool.put(health())
    receiver.faults.append(faults.slowly)
    began = time.monotonic()
    sender.send_one_batch()
    assert time.monotonic() - began < 2.0
    assert sender.last.key == "net.timeout"


def test_an_acknowledgement_counts_only_for_what_was_sent(spool, sender, receiver):
    spool.put(health())

    def boasts(server, link, _body):
        told = {"accepted": [2, 3], "already": [], "refused": [], "server_time": 1.0}
        server.answer(link, 200, told)
        return True

    receiver.faults.append(boasts)
    assert sender.send_one_batch() is False
    assert spool.waiting == 1
    assert sender.last.key == "send.nothing_taken"


@pytest.mark.parametrize(
    "told",
    [
        [],
        {"accepted": "1", "already": [], "refused": [], "server_time": 1.0},
        {"accepted": [True], "already": [], "refused": [], "server_time": 1.0},
        {"accepted": [1], "already": [], "refused": [{}], "server_time": 1.0},
        {"accepted": [1], "already": [], "refused": [], "server_time": "now"},
        {"accepted": [1], "refused": [], "server_time": 1.0},
    ],
)
def test_an_answer_of_another_form_acknowledges_nothing(spool, sender, receiver, told):
    spool.put(health())

    def odd(server, link, _body):
        server.answer(link, 200, told)
        return True

    receiver.faults.append(odd)
    assert sender.send_one_batch() is False
    assert spool.waiting == 1


def test_a_refused_report_goes_to_the_dead_letters_and_the_rest_arrives(spool, sender, receiver):
    for n in range(4):
        spool.put(health(n))
    receiver.refusals[2] = "report.invalid"
    drain(sender)
    assert [each["users"] for each in receiver.reports()] == [0, 2, 3]
    (letter,) = letters(spool)
    assert letter["why"]["key"] == "report.invalid"
    assert letter["report"]["seq"] == 2


def poison(*seqs, answer):
    """Return a receiver's fault that answers so whenever one of these is in the body."""

    def fault(server, link, body):
        asked = json.loads(zlib.decompress(body, 31))
        server.faults.append(fault)
        if {each["seq"] for each in asked["reports"]} & set(seqs):
            return answer(server, link, body)
        server.answer(link, 200, server.take(asked))
        return True

    return fault


@pytest.mark.parametrize("status", [400, 413])
def test_a_report_that_spoils_its_body_is_found_by_halving(spool, sender, receiver, status):
    for n in range(20):
        spool.put(health(n))
    receiver.faults.append(poison(7, 13, answer=faults.refuse(status)))
    drain(sender)
    assert len(receiver.reports()) == 18
    assert [letter["report"]["seq"] for letter in letters(spool)] == [7, 13]


@pytest.mark.parametrize("status", [200, 400, 403, 500])
def test_a_report_that_something_on_the_way_objects_to_holds_up_nobody(
    spool, sender, receiver, status
):
    for n in range(20):
        spool.put(health(n))
    receiver.faults.append(poison(7, answer=faults.page(status)))
    for n in range(200):
        sender.send_one_batch()
        if spool.waiting == 0:
            break
        if spool.waiting == 1:
            spool.put(health(100 + n))
    assert spool.waiting <= 1
    assert [letter["report"]["seq"] for letter in letters(spool)] == [7]


def test_a_broken_gateway_condemns_no_report(spool, sender, receiver):
    for n in range(3):
        spool.put(health(n))
    receiver.faults.extend([faults.page(502), None, faults.page(200)] * 20)
    for n in range(60):
        sender.send_one_batch()
        spool.put(health(n))
    assert dead_letters.count(spool.refused_folder) == 0


def test_a_revoked_key_keeps_the_spool_and_waits_a_quarter_of_an_hour(spool, sender, receiver):
    spool.put(health())
    receiver.faults.append(faults.refuse(401))
    sender.send_one_batch()
    assert sender.last.key == "send.key_refused"
    assert spool.waiting == 1
    assert sender.patience.not_before - time.monotonic() > 14 * 60


def test_a_quarantined_host_waits_as_well(spool, sender, receiver):
    spool.put(health())
    receiver.faults.append(faults.refuse(403))
    sender.send_one_batch()
    assert sender.last.key == "send.quarantined"
    assert sender.patience.not_before - time.monotonic() > 14 * 60


@pytest.mark.parametrize("status", [429, 503])
def test_the_server_says_when_to_come_back(spool, sender, receiver, status):
    spool.put(health())
    receiver.faults.append(faults.refuse(status, "Retry-After: 120"))
    sender.send_one_batch()
    assert 115 < sender.patience.not_before - time.monotonic() <= 150


def test_an_answer_in_chunks_is_understood(spool, sender, receiver):
    spool.put(health())
    receiver.faults.append(faults.chunked)
    assert sender.send_one_batch() is True
    assert spool.waiting == 0


def test_the_clock_skew_is_measured_from_the_answer(spool, sender, receiver):
    receiver.clock_ahead = 90.0
    spool.put(health())
    drain(sender)
    assert sender.last.skew_seconds == pytest.approx(-90.0, abs=0.5)


@pytest.mark.slow
def test_three_days_offline_drain_in_order_over_one_connection(spool, sender, receiver):
    """Promise 3 and F3: 4,320 reports at 60 s, all, once, in order, in under 20 s."""
    report = {**health(), "text": "x" * 1500}
    for n in range(4320):
        spool.put({**report, "users": n})
    began = time.monotonic()
    drain(sender)
    assert time.monotonic() - began < 20
    assert [each["users"] for each in receiver.reports()] == list(range(4320))
    assert set(receiver.deliveries.values()) == {1}
    assert receiver.connections == 1


def test_a_kept_connection_that_the_server_closed_is_opened_again(spool, sender, receiver):
    spool.put(health(1))
    drain(sender)
    for link in receiver._open:
        link.shutdown(2)
    spool.put(health(2))
    assert sender.send_one_batch() is True
    assert receiver.connections == 2
