"""An SSH packet is read in pieces, and the system is asked once for what has come."""

import select
import socket

import pytest

from itops.remote.ssh.handshake import AHEAD, ReadAhead


@pytest.fixture
def both():
    """Both ends of a connection, ours read ahead."""
    ours, theirs = socket.socketpair()
    ours.settimeout(5)
    with ReadAhead(ours) as ahead, theirs:
        yield ahead, theirs


def test_pieces_of_what_has_come_cost_one_asking(both):
    ahead, theirs = both
    theirs.sendall(b"headbody" * 100)
    first = ahead.recv(4)
    is_more, _, _ = select.select([ahead], [], [], 0)
    assert (first, is_more) == (b"head", [])
    assert b"".join(ahead.recv(4) for _ in range(199)) == b"body" + b"headbody" * 99


def test_more_than_is_taken_at_once_comes_whole_and_in_order(both):
    ahead, theirs = both
    sent = bytes(range(256)) * (AHEAD // 64)
    theirs.sendall(sent)
    theirs.close()
    got = b""
    while part := ahead.recv(1000):
        got += part
    assert got == sent


def test_a_look_a_lateness_and_an_end_are_the_sockets_own(both):
    ahead, theirs = both
    theirs.sendall(b"banner")
    assert ahead.recv(64, socket.MSG_PEEK) == ahead.recv(64) == b"banner"
    ahead.settimeout(0.01)
    with pytest.raises(TimeoutError):
        ahead.recv(4)
    theirs.close()
    assert ahead.recv(4) == b""
