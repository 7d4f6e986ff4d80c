"""`itops run` as an administrator meets it: real processes, killed and started again."""

import json
import re
import socket
import ssl
import subprocess
import sys
import warnings
from contextlib import suppress

import psutil
import pytest
from sqlalchemy import select

from itops import create_app
from itops.clock import monotonic
from itops.config import Settings
from itops.db import db
from itops.models import HostState

pytestmark = pytest.mark.slow


def test_a_start_on_an_empty_folder_is_ready_to_work(server):
    server.start()

    assert json.loads(server.get("/readyz")) == {"status": "ready", "database": "ok"}
    for name in ("session.key", "itops.db", "itops.db-wal"):
        assert (server.data_dir / name).stat().st_mode & 0o777 == 0o600


def test_the_code_of_our_own_agent_stands_in_no_list_of_processes(server):
    process = server.process = server.spawn("run", "--agent")
    seen = set()
    while not (server.data_dir / "agent" / "agent.key").exists():
        assert process.poll() is None
        for child in psutil.Process(process.pid).children(recursive=True):
            with suppress(psutil.Error):
                seen.update(child.cmdline())

    assert "enroll" in seen
    assert not [word for word in seen if re.fullmatch(r"[A-Z2-7]{4}(-[A-Z2-7]{4})+", word)]


def test_waiting_for_the_server_imports_nothing_that_a_fork_would_find_locked(server):
    """A thread waits while web processes are forked; they would wait for its import for ever."""
    server.start()
    script = (
        "import sys; from itops.cli import own_agent; had = set(sys.modules);"
        "own_agent.agent_source();"
        f"assert own_agent.wait_until_answers({server.url!r}, seconds=30);"
        "print(sorted(set(sys.modules) - had))"
    )

    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False
    )

    assert done.stdout == "[]\n", done


def test_a_second_server_on_the_same_folder_is_refused_and_says_why(server):
    server.start()

    code, printed = server.itops("run")

    assert code == 1
    assert "is in use by another itops server" in printed


def test_a_second_server_on_the_same_port_is_refused_before_it_makes_anything(server, tmp_path):
    server.start()

    server.settings["ITOPS_DATA_DIR"] = str(tmp_path / "other")
    code, printed = server.itops("run")

    assert code == 1
    assert f"ITOPS_PORT names port {server.port}, which another program" in printed
    assert not (tmp_path / "other" / "itops.db").exists()


@pytest.mark.parametrize("host", ["192.0.2.1", "no-such-host.invalid"])
def test_an_address_of_another_machine_is_refused(server, host):
    server.settings["ITOPS_HOST"] = host
    code, printed = server.itops("run")

    assert code == 1
    assert f"ITOPS_HOST names “{host}”, which is no address of this machine" in printed


def test_a_worker_whose_parent_was_killed_goes_too_and_a_new_server_takes_over(server):
    server.start()
    orphans = server.workers()
    server.process.kill()
    server.process.communicate()

    assert psutil.wait_procs(orphans, timeout=10)[1] == []
    server.start()
    assert json.loads(server.get("/healthz")) == {"status": "ok"}


def test_a_wrong_setting_is_named_before_anything_starts(server):
    server.settings["ITOPS_PORT"] = "many"

    code, printed = server.itops("run")

    assert code == 1
    assert (
        printed
        == "itops: The setting ITOPS_PORT can't be many: write a whole number from 1 to 65535\n"
    )


def test_the_first_start_prints_one_link_for_the_first_administrator(server):
    server.start()
    printed = server.stop()

    links = [line.strip() for line in printed.splitlines() if "/welcome/" in line]
    assert len(links) == 1
    assert links[0].startswith(server.url)


def test_with_tls_the_server_has_a_certificate_that_only_its_authority_vouches_for(server):
    server.settings["ITOPS_PUBLIC_URL"] = "https://itops.hospital.example"
    server.start("--tls")
    authority = server.data_dir / "tls" / "authority.pem"

    trusting = ssl.create_default_context(cafile=authority)
    assert server.get("/agent/authority.pem", trust=trusting) == authority.read_bytes()
    with pytest.raises(ssl.SSLCertVerificationError):
        server.get("/healthz", trust=ssl.create_default_context())
    for key in server.data_dir.glob("tls/*.key"):
        assert key.stat().st_mode & 0o777 == 0o600


def test_with_tls_nothing_older_than_1_3_is_spoken_and_nothing_plain(server):
    server.start("--tls")

    assert tls_spoken(server, ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3) == "TLSv1.3"
    for old in (ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1, ssl.TLSVersion.TLSv1_2):
        with pytest.raises(ssl.SSLError, match="ALERT"):  # the server's word, not our own
            tls_spoken(server, old, old)
    with (
        socket.create_connection(("127.0.0.1", server.port), timeout=5) as plain,
        suppress(OSError),
    ):
        plain.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert not plain.recv(64).startswith(b"HTTP")


def tls_spoken(server, least, most):
    """Return which TLS the server agrees to with a client that minds nothing."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_ciphers("ALL:@SECLEVEL=0")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # that they are old is the point
        context.minimum_version, context.maximum_version = least, most
    with (
        socket.create_connection(("127.0.0.1", server.port), timeout=5) as raw,
        context.wrap_socket(raw) as spoken,
    ):
        return spoken.version()


def test_the_own_agent_reports_and_says_farewell_when_the_server_stops(server):
    server.start("--agent")
    wait_for(lambda: [one["state"] for one in hosts_of(server)] not in ([], ["unknown"]))

    printed = server.stop()

    (host,) = hosts_of(server)
    assert "refused" not in printed.lower()
    assert (host["enrolment"], host["state"]) == ("approved", "unknown")
    app = create_app(Settings(data_dir=server.data_dir))
    with app.app_context():
        state = db.session.scalars(select(HostState)).one()
        assert state.farewell_reason in {"service_stop", "shutdown"}
        db.session.remove()
        db.engine.dispose()


def hosts_of(server):
    code, printed = server.itops("hosts", "list", "--json")
    assert code == 0, printed
    return json.loads(printed)


def wait_for(is_so, seconds=90):
    """Wait until `is_so`; each look starts a command, so that this is no busy loop."""
    until = monotonic() + seconds
    while not is_so():
        assert monotonic() < until, "it never came"
