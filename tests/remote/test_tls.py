"""Certificates that are good, old, foreign, or not there."""

import gc
import select
import ssl
import time

import pytest

from itops.checks.answers import TlsAnswer
from itops.checks.base import State
from itops.checks.kinds.tls import Params, ask
from itops.remote import errors, sockets, tls, trust
from itops.remote.limits import Deadline
from tests.checks.reading import AT, found
from tests.components import faulty, free_port
from tests.components.web import certificate, context_of, page, pem, web


@pytest.fixture(scope="module")
def authority():
    return certificate("Hospital CA", is_authority=True)


def looked(port, authority=None, name="his.example", seconds=2.0):
    question = ask(Params(port=port, host_name=name, timeout_seconds=seconds))
    return tls.ask("127.0.0.1", question, authority=pem(authority[0]) if authority else "")


@pytest.mark.parametrize(
    ("days", "state", "key"),
    [
        (90, State.OK, "said"),
        (29.9, State.WARNING, "said"),
        (6.9, State.CRITICAL, "said"),
        (-2, State.CRITICAL, "expired"),
    ],
)
def test_the_days_that_are_left_decide(authority, tmp_path, days, state, key):
    pair = certificate("his.example", authority, days=days)
    with web(page(), context_of(pair, tmp_path)) as port:
        finding = found("tls", looked(port, authority))
    assert (finding.state, finding.message.key) == (state, f"check.tls.{key}")
    assert finding.metrics["tls.days_left"] == pytest.approx(days, abs=0.02)
    assert finding.message.params["days"] == pytest.approx(abs(days), abs=0.1)


@pytest.mark.parametrize(
    ("trusts", "name", "signed", "reason"),
    [
        (True, "lis.example", True, "other_name"),
        (False, "his.example", True, "unknown_authority"),
        (False, "his.example", False, "self_signed"),
    ],
)
def test_mistrust_is_a_warning_that_names_its_reason(
    authority, tmp_path, trusts, name, signed, reason
):
    pair = certificate("his.example", authority if signed else None)
    with web(page(), context_of(pair, tmp_path)) as port:
        answer = looked(port, authority if trusts else None, name)
    finding = found("tls", answer)
    assert (finding.state, finding.message.key) == (State.WARNING, "check.tls.distrusted")
    assert finding.message.params["reason"].key == f"remote.tls.{reason}"
    assert found("tls", answer, must_be_trusted="no").state is State.OK


def test_an_old_device_still_shows_its_certificate(authority, tmp_path):
    context = context_of(certificate("his.example", authority), tmp_path)
    context.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.warns(DeprecationWarning, match="TLSv1_1"):
        context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_1
    with web(page(), context) as port:
        finding = found("tls", looked(port, authority))
    assert (finding.state, finding.message.key) == (State.WARNING, "check.tls.distrusted")
    assert finding.message.params["reason"].key == "remote.tls.too_old"


@pytest.mark.parametrize(
    ("behave", "key"),
    [
        (faulty.silent, "remote.timed_out"),
        (faulty.trickling(b"\x16\x03\x03\x40\x00"), "remote.timed_out"),
        (faulty.saying(b"HTTP/1.1 400 Bad Request\r\n\r\n"), "remote.not_spoken"),
        (faulty.saying(b"SSH-2.0-OpenSSH_9.2\r\n"), "remote.not_spoken"),
        (faulty.resetting, "remote.closed_early"),
    ],
)
def test_a_port_without_tls_is_critical_with_its_reason(behave, key):
    with faulty.serving(behave) as port:
        answer = looked(port, seconds=0.5)
    assert answer.failure is not None
    assert answer.failure.key == key
    assert found("tls", answer).state is State.CRITICAL


def test_a_connection_that_is_reset_before_the_handshake_is_closed_early():
    """Python's own socket class leaks there, which fails a test that hears the warning."""
    deadline = Deadline(2)
    with (
        faulty.serving(faulty.resetting) as port,
        sockets.connect("127.0.0.1", port, deadline) as made,
    ):
        poll = select.poll()
        poll.register(made)
        while not poll.poll()[0][1] & select.POLLERR:
            time.sleep(0.01)
        with pytest.raises(errors.ClosedEarly):
            tls.secured(made, "his.example", trust.looking(), deadline)
        gc.collect()


def test_a_closed_port_is_critical_and_an_unknown_name_unknown():
    assert found("tls", looked(free_port())).state is State.CRITICAL
    with pytest.raises(errors.NameUnknown):
        tls.ask("no-such-host.invalid", ask(Params()))


def test_an_answer_without_an_end_is_unknown(authority):

    assert found("tls", TlsAnswer(AT)).state is State.UNKNOWN
