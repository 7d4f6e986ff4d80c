"""What tests of checks share: the queues at work, and a real machine to ask over SSH."""

import getpass
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from flask import Flask

from itops.db import db, reading
from itops.jobs.looking import Looking
from itops.jobs.worker import Worker
from itops.models import Check, Credential, CredentialKind, HostKey, HostKeyState
from itops.services.checking.runner import QUEUES
from itops.services.engine import waking
from tests import factories
from tests.components.sshd import Sshd


@pytest.fixture
def port():
    """A port of this machine that takes connections."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


@contextmanager
def working(app: Flask) -> Iterator[None]:
    """Let the queues of checks be worked through in this block."""
    stop = threading.Event()
    thread = threading.Thread(target=Looking(Worker(app, stop), QUEUES).run)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        waking.ring()
        thread.join(30)
        assert not thread.is_alive()


def wait_until(is_so: Callable[[], bool], seconds: float = 30) -> None:
    pause = threading.Event()
    for _ in range(int(seconds / 0.02)):
        with reading():
            is_over = is_so()
            db.session.rollback()
        if is_over:
            return
        pause.wait(0.02)
    pytest.fail("it did not happen")


def carried_out(app: Flask, *checks: Check, seconds: float = 30) -> None:
    """Let checks that are due be carried out, and read them anew."""
    db.session.commit()
    for check in checks:
        db.session.refresh(check)
    due = {check.id: check.due_at for check in checks}
    db.session.commit()

    def are_done() -> bool:
        for check in checks:
            db.session.refresh(check)
        return all(c.held_by is None and c.due_at != due[c.id] for c in checks)

    with working(app):
        wait_until(are_done, seconds)
    are_done()


def account(machine: Sshd, **given: object) -> Credential:
    """Return the credential that a machine lets in."""
    return factories.credential(
        secret=machine.credential().private_key,
        kind=CredentialKind.SSH_KEY,
        user_name=getpass.getuser(),
        **given,
    )


def approved(machine: Sshd, **given: object) -> HostKey:
    """Return the machine's own key, approved."""
    key = machine.host_key()
    filled = {
        "address": "127.0.0.1",
        "port": machine.port,
        "algorithm": key.algorithm,
        "public_key": key.base64,
        "fingerprint": key.sha256,
        "state": HostKeyState.APPROVED,
        "first_seen_at": factories.LONG_AGO,
        "seen_at": factories.LONG_AGO,
    }
    made = HostKey(**filled | given)
    db.session.add(made)
    db.session.flush()
    return made
