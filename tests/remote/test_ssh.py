"""Commands over SSH, on a real server."""

import getpass
import socket
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from itops.checks.questions import Command
from itops.remote.errors import AuthFailed, HostKeyChanged, HostKeyUnknown, PortClosed
from itops.remote.ssh import HostKey, SshCredential, Transports, fingerprint
from tests.components import free_port
from tests.components.sshd import make_key

SAY = Command("say", 'printf "%s\\n" "$@"; echo complaint >&2; exit 3', ("a  b", "$(id) 'q' 磁盘"))


def test_a_command_gives_what_it_printed_and_how_it_ended(sshd, transports):
    output = transports.run(sshd.target(), SAY)
    assert output.stdout == "a  b\n$(id) 'q' 磁盘\n"
    assert output.stderr == "complaint\n"
    assert (output.exit_code, output.encoding, output.is_truncated) == (3, "utf-8", False)
    assert output.seconds > 0


def test_the_connection_is_used_again(own_sshd, transports):
    own_sshd.start()
    for _ in range(3):
        transports.run(own_sshd.target(), SAY)
    assert own_sshd.log.count("Accepted publickey") == 1
    assert transports.open_count == 1


def test_a_connection_that_the_machine_dropped_is_made_anew(own_sshd, transports):
    own_sshd.start()
    transports.run(own_sshd.target(), SAY)
    own_sshd.stop()
    own_sshd.start()
    assert transports.run(own_sshd.target(), SAY).exit_code == 3


def test_many_threads_share_one_connection_to_a_machine(own_sshd, transports):
    own_sshd.start()
    with ThreadPoolExecutor(8) as threads:
        outputs = list(threads.map(lambda _: transports.run(own_sshd.target(), SAY), range(16)))
    assert {output.exit_code for output in outputs} == {3}
    assert own_sshd.log.count("Accepted publickey") == 1


def test_a_fingerprint_is_taken_without_naming_an_account(own_sshd):
    own_sshd.start()
    assert fingerprint("127.0.0.1", own_sshd.port) == own_sshd.host_key()
    assert getpass.getuser() not in own_sshd.log


def test_without_an_approved_host_key_not_even_a_connection_is_made(sshd, transports):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setblocking(False)
        with pytest.raises(HostKeyUnknown):
            transports.run(sshd.target(host_key=None, port=listener.getsockname()[1]), SAY)
        with pytest.raises(BlockingIOError):
            listener.accept()


def test_a_changed_host_key_stops_the_check_before_any_credential_leaves(
    own_sshd, transports, tmp_path
):
    own_sshd.start()
    make_key(tmp_path / "other")
    algorithm, text = (tmp_path / "other.pub").read_text().split()[:2]
    with pytest.raises(HostKeyChanged) as problem:
        transports.run(own_sshd.target(host_key=HostKey(algorithm, text)), SAY)
    assert problem.value.seen == own_sshd.host_key().sha256
    assert getpass.getuser() not in own_sshd.log


def test_a_key_that_the_machine_does_not_know_is_refused(own_sshd, transports, tmp_path):
    own_sshd.start()
    stranger = SshCredential("stranger", private_key=make_key(tmp_path / "stranger").read_text())
    with pytest.raises(AuthFailed):
        transports.run(own_sshd.target(credential=stranger), SAY)


def test_a_closed_port_is_said_to_be_one(sshd, transports):
    with pytest.raises(PortClosed):
        transports.run(sshd.target(port=free_port()), SAY)


def test_a_credential_that_is_withdrawn_loses_its_connections(sshd, transports):
    transports.run(sshd.target(), SAY)
    transports.forget(lambda identity: identity[3] == "another")
    assert transports.open_count == 1
    transports.forget(lambda identity: identity[3] == sshd.credential().id)
    assert transports.open_count == 0


def test_the_longest_unused_connections_are_closed_where_too_many_are_open(own_sshd):
    own_sshd.start()
    pool = Transports(most_open=1)
    old, new = (SshCredential(name, own_sshd.credential().private_key) for name in ("old", "new"))
    pool.run(own_sshd.target(credential=old), SAY)
    pool.run(own_sshd.target(credential=new), SAY)
    until(lambda: [pool.run(own_sshd.target(credential=new), SAY), pool.open_count][1] == 1)
    assert own_sshd.log.count("Accepted publickey") == 2
    pool.close()


def test_an_idle_connection_is_closed(own_sshd):
    own_sshd.start()
    pool = Transports(idle_seconds=0.1)
    old, new = (SshCredential(name, own_sshd.credential().private_key) for name in ("old", "new"))
    pool.run(own_sshd.target(credential=old), SAY)
    until(lambda: [pool.run(own_sshd.target(credential=new), SAY), pool.open_count][1] == 1)
    pool.close()
    assert pool.open_count == 0


def until(is_so):
    """Wait until it is so, for five seconds at most."""
    ends = time.monotonic() + 5
    while not is_so():
        assert time.monotonic() < ends
        time.sleep(0.1)
