"""An SSH packet is read in pieces, and the system is asked once for what has come."""

import socket

import pytest

from itops.remote.ssh.handshake import AHEAD, ReadAhead


class Counting:
    """A real socket that counts how often it is asked."""

    def __init__(self, made):
        self.made, self.asked = made, 0

    def recv(self, size):
        self.asked += 1
        return self.made.recv(size)

    def __getattr__(self, name):
        return getattr(self.made, name)


@pytest.fixture
def both():
    """Both ends of a connection, ours counted."""
    ours, theirs = socket.socketpair()
    ours.settimeout(5)
    yield Counting(ours), theirs
    ours.close()
    theirs.close()


def test_pieces_of_what_has_come_cost_one_asking(both):
    ours, theirs = both
    theirs.sendall(b"headbody" * 100)
    ahead = ReadAhead(ours)
    pieces = [ahead.recv(4) for _ in range(200)]
    assert (b"".join(pieces), ours.asked) == (b"headbody" * 100, 1)


def test_more_than_is_taken_at_once_comes_whole_and_in_order(both):
    ours, theirs = both
    sent = bytes(range(256)) * (AHEAD // 64)
    theirs.sendall(sent)
    theirs.close()
    ahead, got = ReadAhead(ours), b""
    while part := ahead.recv(1000):
        got += part
    assert got == sent


def test_an_end_a_lateness_and_all_else_are_the_sockets_own(both):
    ours, theirs = both
    ahead = ReadAhead(ours)
    ahead.settimeout(0.01)
    with pytest.raises(TimeoutError):
        ahead.recv(4)
    theirs.close()
    assert ahead.recv(4) == b""
    assert ahead.fileno() == ours.made.fileno()
