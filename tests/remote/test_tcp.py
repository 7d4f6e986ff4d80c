"""Ports that take connections, and ports that don't."""

import pytest

from itops.checks.base import Finding, State
from itops.checks.questions import TcpQuestion
from itops.remote import errors, tcp
from itops.remote.limits import Deadline
from itops.remote.sockets import connect
from tests.checks.reading import found
from tests.components import faulty, free_port


def judged(port: int) -> Finding:
    return found("tcp", tcp.ask("127.0.0.1", TcpQuestion(port, 0.5)), port=str(port))


def test_an_open_port_is_well_and_says_how_soon():
    with faulty.serving(faulty.silent) as port:
        finding = judged(port)
    assert (finding.state, finding.message.key) == (State.OK, "check.tcp.said")
    assert 0 < finding.metrics["tcp.connect_seconds"] < 0.5


def test_a_closed_and_a_mute_port_are_critical_with_different_reasons():
    with faulty.unanswered() as mute:
        findings = [judged(free_port()), judged(mute)]
    assert {finding.state for finding in findings} == {State.CRITICAL}
    assert [finding.message.params["reason"].key for finding in findings] == [
        "remote.port_closed",
        "remote.timed_out",
    ]


@pytest.mark.parametrize(
    "address",
    ["169.254.169.254", "::ffff:169.254.169.254", "::", "224.0.0.1", "fe80::1"],
)
def test_what_is_no_machine_of_a_hospital_is_not_asked(address):
    with pytest.raises(errors.Unreachable):
        connect(address, 80, Deadline(5))


def test_an_unknown_name_says_nothing_about_the_port():
    with pytest.raises(errors.NameUnknown):
        tcp.ask("no-such-host.invalid", TcpQuestion(80, 0.5))
