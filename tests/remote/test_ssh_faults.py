"""SSH servers that hang, flood, trickle, lie, or are too old."""

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from io import StringIO

import paramiko
import pytest

from itops.checks.questions import Command
from itops.remote import errors
from itops.remote.limits import RemoteLimits
from itops.remote.ssh import HostKey, SshCredential, SshTarget, Transports, fingerprint
from tests.components import faulty
from tests.components.sshd import make_key
from tests.remote.conftest import SHORT

SAY = Command("say", "echo hello")


@pytest.fixture(scope="session")
def server_key():
    return paramiko.ECDSAKey.generate()


@pytest.fixture(scope="session")
def pem():
    written = StringIO()
    paramiko.RSAKey.generate(2048).write_private_key(written)
    return written.getvalue()


@pytest.fixture
def target(server_key, pem):
    """An account on a server written in Python, whose port is still to be set."""
    key = HostKey(server_key.get_name(), server_key.get_base64())
    return SshTarget("127.0.0.1", "watcher", SshCredential("1", private_key=pem), key)


def stage_of(problem):
    return problem.value.stage


def test_a_port_that_does_not_answer(hasty, target):
    with faulty.unanswered() as port, pytest.raises(errors.TimedOut) as problem:
        hasty.run(replace(target, port=port), SAY)
    assert stage_of(problem) == "connect"


@pytest.mark.parametrize(
    "behave",
    [
        faulty.silent,
        faulty.trickling(b"SSH-2.0-OpenSSH_9.2p1 Debian\r\n"),
        faulty.trickling(b"."),
        faulty.saying(b"SSH-2.0-half a line"),
    ],
)
def test_a_greeting_that_does_not_come_in_time(hasty, target, behave):
    with faulty.serving(behave) as port, pytest.raises(errors.TimedOut) as problem:
        hasty.run(replace(target, port=port), SAY)
    assert stage_of(problem) == "banner"


@pytest.mark.parametrize(
    "behave", [faulty.endless(b"x" * 4096), faulty.endless(b"Welcome!\r\n" * 400)]
)
def test_a_server_that_speaks_something_else(hasty, target, behave):
    with faulty.serving(behave) as port, pytest.raises(errors.NotSpoken):
        hasty.run(replace(target, port=port), SAY)


@pytest.mark.parametrize(
    "behave", [faulty.resetting, faulty.saying(b"SSH-2.0-x\r\n", then=faulty.resetting)]
)
def test_a_server_that_hangs_up(hasty, target, behave):
    with faulty.serving(behave) as port, pytest.raises(errors.ClosedEarly):
        hasty.run(replace(target, port=port), SAY)


@pytest.mark.parametrize(
    "behave",
    [
        faulty.saying(b"SSH-2.0-OpenSSH_9.2\r\n"),
        faulty.saying(b"SSH-2.0-OpenSSH_9.2\r\n", then=faulty.trickling(b"\0")),
    ],
)
def test_keys_that_are_not_agreed_on_in_time(hasty, target, behave):
    with faulty.serving(behave) as port, pytest.raises(errors.TimedOut) as problem:
        hasty.run(replace(target, port=port), SAY)
    assert stage_of(problem) == "handshake"


def test_a_packet_of_a_gigabyte_is_not_waited_for(hasty, target):
    behave = faulty.saying(
        b"SSH-2.0-x\r\n\x3f\xff\xff\xfc\x04\x14", then=faulty.endless(b"\0" * 65536)
    )
    with faulty.serving(behave) as port, pytest.raises(errors.ClosedEarly):
        hasty.run(replace(target, port=port), SAY)


@pytest.mark.parametrize(("stage", "said"), [("auth", "auth"), ("channel", "run"), ("exec", "run")])
def test_a_server_that_stalls_later(hasty, target, server_key, stage, said):
    began = time.monotonic()
    behave = faulty.ssh_stalling(server_key, stage)
    with faulty.serving(behave) as port, pytest.raises(errors.TimedOut) as problem:
        hasty.run(replace(target, port=port), SAY)
    assert stage_of(problem) == said
    assert time.monotonic() - began < 4


@pytest.mark.parametrize("stage", ["no_channel", "no_exec"])
def test_an_account_that_may_not_run_commands(hasty, target, server_key, stage):
    behave = faulty.ssh_stalling(server_key, stage)
    with faulty.serving(behave) as port, pytest.raises(errors.CommandRefused):
        hasty.run(replace(target, port=port), SAY)


def test_a_password_lets_in_and_a_wrong_one_does_not(transports, target, server_key):
    right = SshCredential("2", password="s3cret 密码")
    wrong = SshCredential("3", password="guess")
    assert "s3cret" not in repr(right)
    behave = faulty.ssh_stalling(server_key, "", "s3cret 密码")
    with faulty.serving(behave) as port:
        signed = replace(target, port=port, credential=right)
        assert transports.run(signed, SAY).stdout == "hello\n"
        with pytest.raises(errors.AuthFailed):
            transports.run(replace(signed, credential=wrong), SAY)
        transports.close()


def test_all_stages_together_have_an_end(target):
    patient = Transports(limits=RemoteLimits(10, 10, 10, 10, 10, total_seconds=0.5))
    began = time.monotonic()
    with faulty.serving(faulty.silent) as port, pytest.raises(errors.TimedOut):
        patient.run(replace(target, port=port), SAY)
    assert time.monotonic() - began < 3


@pytest.mark.parametrize(
    "script", ["sleep 60", "while :; do printf x; sleep 0.1; done", "yes >&2", "exec >&-; sleep 60"]
)
def test_a_command_that_does_not_end(sshd, hasty, script):
    with pytest.raises(errors.TimedOut) as problem:
        hasty.run(sshd.target(), Command("long", script))
    assert stage_of(problem) == "run"
    assert hasty.open_count == 0


def test_endless_output_is_cut_and_said_to_be(sshd, transports):
    output = transports.run(sshd.target(), Command("flood", "yes"))
    assert output.is_truncated
    assert len(output.stdout) == 256 * 1024
    assert transports.run(sshd.target(), SAY).stdout == "hello\n"


def test_a_machine_that_dies_in_the_middle(sshd, transports):
    with pytest.raises(errors.ClosedEarly):
        transports.run(sshd.target(), Command("die", "printf half; kill -9 $PPID; sleep 5"))


def test_a_command_that_a_signal_ended_has_no_exit_code(sshd, transports):
    output = transports.run(sshd.target(), Command("die", "echo half; kill -9 $$"))
    assert (output.stdout, output.exit_code) == ("half\n", -1)


@pytest.mark.parametrize(
    ("script", "text", "encoding"),
    [
        (r"printf '\264\305\305\314\n'", "磁盘\n", "gb18030"),
        (r"printf '\303\251 ok\n'", "é ok\n", "utf-8"),
        (r"printf 'a\377\200z\n'", "a\\xff\\x80z\n", ""),
    ],
)
def test_bytes_are_read_honestly(sshd, transports, script, text, encoding):
    output = transports.run(sshd.target(), Command("bytes", script))
    assert (output.stdout, output.encoding) == (text, encoding)


def test_a_device_that_knows_only_sha1_is_up_and_said_to_be_too_old(own_sshd, transports):
    make_key(own_sshd.folder / "rsa", "rsa", "-b", "2048")
    own_sshd.config = (
        f"HostKey {own_sshd.folder}/rsa\nHostKeyAlgorithms ssh-rsa\n"
        "KexAlgorithms diffie-hellman-group14-sha1\nCiphers aes128-cbc\nMACs hmac-sha1\n"
    )
    own_sshd.start()
    with pytest.raises(errors.Incompatible):
        transports.run(own_sshd.target(), SAY)
    with pytest.raises(errors.Incompatible):
        fingerprint("127.0.0.1", own_sshd.port)


def test_of_several_host_keys_the_approved_one_is_asked_for(own_sshd, transports):
    folder = own_sshd.folder
    make_key(folder / "rsa", "rsa", "-b", "2048")
    make_key(folder / "ecdsa", "ecdsa")
    own_sshd.config = "".join(f"HostKey {folder}/{name}\n" for name in ("host_key", "rsa", "ecdsa"))
    own_sshd.start()
    for name in ("rsa", "ecdsa", "host_key"):
        approved = own_sshd.target(host_key=own_sshd.host_key(name))
        assert transports.run(approved, SAY).stdout == "hello\n"


def test_a_machine_that_has_only_a_key_of_another_kind_now_has_changed_it(own_sshd, transports):
    make_key(own_sshd.folder / "rsa", "rsa", "-b", "2048")
    own_sshd.config = f"HostKey {own_sshd.folder}/rsa\n"
    own_sshd.start()
    with pytest.raises(errors.HostKeyChanged):
        transports.run(own_sshd.target(), SAY)


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("ed25519", []),
        ("ecdsa", ["-b", "521"]),
        ("rsa", ["-b", "2048"]),
        ("rsa", ["-b", "2048", "-m", "PEM"]),
    ],
)
def test_keys_of_all_usual_kinds_let_in(own_sshd, transports, kind, options):
    key = make_key(own_sshd.folder / "other", kind, *options)
    public = key.with_suffix(".pub").read_text()
    (own_sshd.folder / "authorized_keys").write_text(public)
    own_sshd.start()
    account = own_sshd.target(credential=own_sshd.credential("other"))
    assert transports.run(account, SAY).stdout == "hello\n"


@pytest.mark.parametrize("text", ["nonsense", "-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n", "\0"])
def test_a_key_that_is_none_is_said_to_be(sshd, transports, text):
    with pytest.raises(errors.CredentialUnreadable):
        transports.run(sshd.target(credential=SshCredential("x", private_key=text)), SAY)


def test_a_dead_machine_is_tried_once_for_all_who_wait(hasty, target):
    began = time.monotonic()
    with faulty.unanswered() as port, ThreadPoolExecutor(8) as threads:
        tries = [threads.submit(hasty.run, replace(target, port=port), SAY) for _ in range(8)]
        failures = [one.exception() for one in tries]
    assert {type(failure) for failure in failures} == {errors.TimedOut}
    assert time.monotonic() - began < 4 * SHORT.connect_seconds


def test_an_unknown_name_is_said_to_be_one(transports, target):
    with pytest.raises(errors.NameUnknown):
        transports.run(replace(target, address="no-such-machine.invalid"), SAY)
