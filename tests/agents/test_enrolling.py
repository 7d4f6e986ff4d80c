"""Enrolment: what is written, what is refused, and whom the agent trusts."""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import socket
import ssl
import threading
from pathlib import Path

import pytest
from itops_agent import config, enrolling
from itops_agent.errors import ConfigWrong, Declined, NoAnswer
from itops_agent.sending.address import Address, proxy_for

from tests.agents import receiver as faults
from tests.agents.conftest import health, make_sender
from tests.agents.receiver import Receiver


def enrol(tmp_path, server, *, code="good-code", again=False, **more):
    path = str(tmp_path / "agent.conf")
    settings = {"server": server, "data_dir": str(tmp_path / "data"), "proxy": "none", **more}
    return enrolling.enroll(path, settings, code=code, again=again)


def test_it_asks_with_its_identity_and_keeps_the_key(tmp_path, receiver):
    assert enrol(tmp_path, receiver.url) == "approved"
    asked = receiver.bodies[0]
    assert set(asked) == {"schema", "code", "agent", "identity", "machine"}
    assert asked["identity"]["identifiers"]
    kept = json.loads((tmp_path / "agent.key").read_text())
    assert (kept["key"], kept["machine"]) == ("secret-key", asked["machine"])


def test_the_fingerprint_stays_at_the_next_start(settings, receiver):
    credential = config.load_credential(settings)
    assert enrolling.machine(credential) == receiver.bodies[0]["machine"]


def test_a_key_from_another_machine_gets_another_fingerprint(settings, receiver):
    credential = config.load_credential(settings)
    credential.identifiers = [{"kind": "machine_id", "value": "of-another-machine"}]
    credential.machine = "e" * 64
    assert enrolling.machine(credential) == receiver.bodies[0]["machine"]


def test_a_wrong_code_is_refused_and_leaves_nothing(tmp_path, receiver):
    with pytest.raises(Declined) as caught:
        enrol(tmp_path, receiver.url, code="bad")
    assert caught.value.key == "enrol.code_refused"
    assert not (tmp_path / "agent.key").exists()


def test_a_second_enrolment_must_be_meant(tmp_path, receiver):
    enrol(tmp_path, receiver.url)
    with pytest.raises(ConfigWrong):
        enrol(tmp_path, receiver.url)
    enrol(tmp_path, receiver.url, again=True)


@pytest.mark.parametrize("status", [200, 403, 502])
def test_a_page_of_something_else_is_not_a_refusal(tmp_path, receiver, status):
    receiver.faults.append(faults.page(status))
    with pytest.raises(NoAnswer):
        enrol(tmp_path, receiver.url)


@pytest.mark.parametrize(
    ("url", "key"),
    [
        ("http://itops.hospital.example", "address.plain"),
        ("http://10.1.2.3:8080", "address.plain"),
        ("ftp://itops.example", "address.wrong"),
        ("https://user:secret@itops.example", "address.wrong"),
        ("https://itops.example/?x=1", "address.wrong"),
        ("https://itops.example\r\nX: y", "address.wrong"),
        ("https://itops.example:99999", "address.wrong"),
        ("itops.example", "address.wrong"),
        ("", "address.wrong"),
    ],
)
def test_wrong_addresses_are_refused(url, key):
    with pytest.raises(ConfigWrong) as caught:
        Address(url)
    assert caught.value.key == key


@pytest.mark.parametrize("url", ["http://127.0.0.1:1", "http://[::1]:1", "http://localhost:1/x"])
def test_plain_http_stays_on_this_machine(url):
    assert not Address(url).is_tls


def test_the_proxy_is_the_settings_or_the_environments():
    server = Address("https://itops.hospital.example")
    environment = {"HTTPS_PROXY": "http://u:p%40ss@proxy:8080", "NO_PROXY": "clinic.example"}
    found = proxy_for(server, "auto", environment)
    assert found is not None
    assert (found.host, found.port, found.user, found.password) == ("proxy", 8080, "u", "p@ss")
    assert proxy_for(server, "none", environment) is None
    assert proxy_for(server, "auto", {**environment, "NO_PROXY": ".hospital.example"}) is None
    assert proxy_for(Address("http://localhost:1"), "auto", environment) is None
    with pytest.raises(ConfigWrong):
        proxy_for(server, "https://proxy", environment)


@pytest.mark.parametrize(
    "text", ["nonsense", "server = a\nserver = b", "unknown = 1", "interval_seconds = ²"]
)
def test_a_wrong_line_in_the_settings_is_named(tmp_path, text):
    path = tmp_path / "agent.conf"
    path.write_text(text, "utf-8")
    with pytest.raises(ConfigWrong) as caught:
        config.load(str(path))
    assert caught.value.key in ("config.line", "config.number")


# --- TLS, with a certificate made here ---


@pytest.fixture(scope="module")
def certificates(tmp_path_factory):
    """Give a folder with two authorities of the same kind, `ours` and `theirs`."""
    pytest.importorskip("cryptography")
    folder = tmp_path_factory.mktemp("tls")
    for name in ("ours", "theirs"):
        write_certificate(folder, name)
    return folder


def write_certificate(folder, name):
    from cryptography import x509  # noqa: PLC0415  (not there on the oldest Python)
    from cryptography.hazmat.primitives import hashes, serialization  # noqa: PLC0415
    from cryptography.hazmat.primitives.asymmetric import ec  # noqa: PLC0415

    key = ec.generate_private_key(ec.SECP256R1())
    who = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = dt.datetime(2026, 1, 1, tzinfo=dt.timezone.utc)  # noqa: UP017  (3.8)
    made = (
        x509.CertificateBuilder()
        .subject_name(who)
        .issuer_name(who)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=3650))
        .not_valid_after(now + dt.timedelta(days=3650))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    plain = serialization.NoEncryption()
    pem = serialization.Encoding.PEM
    (folder / f"{name}.pem").write_bytes(made.public_bytes(pem))
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain)
    (folder / f"{name}.key").write_bytes(private)


@pytest.fixture
def secure(certificates):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(str(certificates / "ours.pem"), str(certificates / "ours.key"))
    server = Receiver(context)
    yield server
    server.close()


def test_the_hospitals_own_authority_is_trusted(tmp_path, secure, certificates):
    assert enrol(tmp_path, secure.url, ca_file=str(certificates / "ours.pem")) == "approved"
    kept = config.load(str(tmp_path / "agent.conf")).ca_file
    assert kept == str(tmp_path / "ca.pem")
    assert Path(kept).read_bytes() == (certificates / "ours.pem").read_bytes()


def test_a_wrong_authority_gets_neither_code_nor_reports(tmp_path, spool, secure, certificates):
    with pytest.raises(NoAnswer) as caught:
        enrol(tmp_path, secure.url, ca_file=str(certificates / "theirs.pem"))
    assert caught.value.key == "net.certificate"
    spool.put(health())
    sender = make_sender(spool, secure.url, ca_file=str(certificates / "theirs.pem"), seconds=5)
    assert sender.send_one_batch() is False
    assert spool.waiting == 1
    assert secure.paths == []


def test_the_systems_store_does_not_know_our_authority(tmp_path, secure):
    with pytest.raises(NoAnswer) as caught:
        enrol(tmp_path, secure.url)
    assert caught.value.key == "net.certificate"


def test_a_certificate_for_another_name_is_refused(tmp_path, secure, certificates):
    url = secure.url.replace("localhost", "127.0.0.1")
    with pytest.raises(NoAnswer) as caught:
        enrol(tmp_path, url, ca_file=str(certificates / "ours.pem"))
    assert caught.value.key == "net.certificate"


def test_reports_go_over_tls_again_and_again(spool, secure, certificates):
    sender = make_sender(spool, secure.url, ca_file=str(certificates / "ours.pem"), seconds=5)
    for n in range(3):
        spool.put(health(n))
        assert sender.send_one_batch() is True
        sender.close()
    assert secure.connections == 3


class Tunnel:
    """A proxy that knows CONNECT, and remembers what it was asked."""

    def __init__(self, status=200):
        self.asked = []
        self._status = status
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        inside, _ = self._listener.accept()
        head = b""
        while b"\r\n\r\n" not in head:
            head += inside.recv(4096)
        self.asked.append(head.decode())
        inside.sendall(f"HTTP/1.1 {self._status} X\r\n\r\n".encode())
        if self._status == 200:
            host, port = head.split()[1].decode().split(":")
            outside = socket.create_connection((host, int(port)))
            threading.Thread(target=self._pump, args=(outside, inside), daemon=True).start()
            self._pump(inside, outside)
        inside.close()
        self._listener.close()

    @staticmethod
    def _pump(source, target):
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                target.sendall(data)
        target.close()


def test_reports_go_through_the_proxy_with_its_password(tmp_path, secure, certificates):
    tunnel = Tunnel()
    state = enrol(
        tmp_path, secure.url,
        ca_file=str(certificates / "ours.pem"), proxy=f"http://u:p%40ss@127.0.0.1:{tunnel.port}",
    )  # fmt: skip
    assert state == "approved"
    assert tunnel.asked[0].startswith(f"CONNECT localhost:{secure.port} HTTP/1.1")
    assert "Proxy-Authorization: Basic dTpwQHNz" in tunnel.asked[0]
    assert "good-code" not in tunnel.asked[0]


def test_a_proxy_that_refuses_is_said(tmp_path, secure, certificates):
    tunnel = Tunnel(status=407)
    with pytest.raises(NoAnswer) as caught:
        enrol(
            tmp_path, secure.url,
            ca_file=str(certificates / "ours.pem"), proxy=f"127.0.0.1:{tunnel.port}",
        )  # fmt: skip
    assert "407" in str(caught.value.params["why"])


@pytest.mark.parametrize("text", ["", "not a certificate"])
def test_a_ca_file_that_is_none_is_named(tmp_path, text):
    path = tmp_path / "ca.pem"
    path.write_text(text)
    with pytest.raises(ConfigWrong) as caught:
        enrol(tmp_path, "https://localhost:1", ca_file=str(path))
    assert caught.value.key == "tls.ca_wrong"


def test_there_is_no_way_to_skip_the_check():
    package = Path(enrolling.__file__).parent
    for path in package.rglob("*.py"):
        text = path.read_text("utf-8")
        assert "CERT_NONE" not in text, path
        assert "check_hostname" not in text, path
