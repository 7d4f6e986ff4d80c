"""Credentials and host keys on their pages: taken in, never given out, decided by who may."""

import subprocess

import pytest
from sqlalchemy import select

from itops.clock import utcnow
from itops.db import db
from itops.i18n import LANGUAGES
from itops.models import AuditEntry, Credential, CredentialKind, HostKey, HostKeyState, Role
from itops.services.checking import credentials, register, secrets
from tests import factories
from tests.views.test_catalogues import sentences

SECRET = "Gänzlich geheim 密码 42"


def a_key(**given: object) -> HostKey:
    at = utcnow()
    filled = {
        "address": "10.0.0.9",
        "algorithm": "ssh-ed25519",
        "public_key": "AAAA",
        "fingerprint": "SHA256:abc",
        "first_seen_at": at,
        "seen_at": at,
    }
    made = HostKey(**filled | given)
    db.session.add(made)
    db.session.flush()
    return made


def test_a_password_is_kept_sealed_and_on_no_page(app, sign_in):
    client = sign_in(Role.HEAD)
    form = {"kind": "password", "name": "Kasse", "user_name": "itops", "secret": SECRET}
    shown = client.post("/checks/credentials/new", data=form, follow_redirects=True).text
    made = db.session.scalars(select(Credential)).one()
    assert secrets.opened(made) == SECRET
    assert SECRET.encode() not in made.sealed
    paths = ("", f"/{made.id}", f"/{made.id}/edit")
    pages = [shown, *(client.get(f"/checks/credentials{path}").text for path in paths)]
    log = str([(one.before, one.after) for one in db.session.scalars(select(AuditEntry))])
    assert not any(SECRET in text for text in (*pages, log))


def test_a_refused_form_gives_no_secret_back(app, sign_in):
    client = sign_in(Role.HEAD)
    for form in (
        {"kind": "password", "name": "", "user_name": "itops", "secret": SECRET},
        {"kind": "ssh_key", "name": "", "user_name": "x", "private_key": SECRET},
        {"kind": "snmp_user", "name": "", "user_name": "x", "auth_secret": SECRET},
    ):
        page = client.post("/checks/credentials/new", data=form)
        assert page.status_code == 400
        assert SECRET not in page.text


def test_a_key_is_made_here_and_its_public_half_is_shown_for_copying(app, sign_in, tmp_path):
    client = sign_in(Role.HEAD)
    form = {"kind": "ssh_key", "name": "Linux", "user_name": "itops", "makes_key": "1"}
    page = client.post(
        "/checks/credentials/new", data=form | {"is_forced": "1"}, follow_redirects=True
    ).text
    made = db.session.scalars(select(Credential)).one()
    assert "command=&#34;/usr/local/bin/itops-check" in page
    assert made.public_text.split()[1] in page
    file = tmp_path / "key"
    file.touch(0o600)
    file.write_text(secrets.opened(made))
    told = subprocess.run(["ssh-keygen", "-y", "-f", file], capture_output=True, check=True)
    assert told.stdout.split()[:2] == made.public_text.encode().split()[:2]


def test_the_page_has_the_commands_that_make_the_account_there(app, sign_in):
    client = sign_in(Role.HEAD)
    form = {"kind": "ssh_key", "makes_key": "1", "is_forced": "1"}
    for user, written in (("itops-check", "itops-check"), ("a;reboot", "&#39;a;reboot&#39;")):
        page = client.post(
            "/checks/credentials/new",
            data=form | {"name": user, "user_name": user},
            follow_redirects=True,
        ).text
        assert f"--home-dir /var/lib/{written} --shell /bin/sh {written}" in page


def pasted(path, *options: str) -> str:
    command = ["ssh-keygen", "-q", "-f", str(path), *options]
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL)
    text: str = path.read_text()
    return text


def test_keys_of_every_usual_form_are_taken(app, sign_in, tmp_path):
    client = sign_in(Role.HEAD)
    forms = (("ed25519",), ("ecdsa",), ("rsa", "-b", "2048"), ("rsa", "-b", "2048", "-m", "PEM"))
    for number, (kind, *options) in enumerate(forms):
        text = pasted(tmp_path / f"k{number}", "-N", "", "-t", kind, *options)
        form = {"kind": "ssh_key", "name": f"n{number}", "user_name": "x", "private_key": text}
        assert client.post("/checks/credentials/new", data=form).status_code == 302, kind


def test_keys_that_nobody_can_use_are_refused_by_name(app, sign_in, tmp_path):
    client = sign_in(Role.HEAD)
    public = (pasted(tmp_path / "a", "-N", "", "-t", "ed25519"), tmp_path / "a.pub")[1].read_text()
    for text, words in (
        (pasted(tmp_path / "b", "-N", "geheim123", "-t", "ed25519"), "has a passphrase"),
        (public, "no private key"),
        ("nonsense", "no private key"),
        (pasted(tmp_path / "c", "-N", "", "-t", "rsa", "-b", "1024"), "can be broken"),
        ("", "Paste a private key"),
    ):
        form = {"kind": "ssh_key", "name": "n", "user_name": "x", "private_key": text}
        page = client.post("/checks/credentials/new", data=form)
        assert (page.status_code, words in page.text) == (400, True), words
        assert 'href="#private_key"' in page.text
    assert db.session.scalars(select(Credential)).all() == []


def test_an_empty_secret_stays_and_a_new_one_replaces(app, sign_in):
    made = factories.credential(secret=SECRET, name="Kasse")
    client = sign_in(Role.HEAD)
    form = {"name": "Kasse 2", "user_name": "itops", "version": str(made.version)}
    client.post(f"/checks/credentials/{made.id}/edit", data=form)
    db.session.refresh(made)
    assert (made.name, secrets.opened(made)) == ("Kasse 2", SECRET)
    form |= {"secret": "neu", "version": str(made.version)}
    client.post(f"/checks/credentials/{made.id}/edit", data=form)
    db.session.refresh(made)
    assert secrets.opened(made) == "neu"
    stale = client.post(f"/checks/credentials/{made.id}/edit", data=form)
    assert stale.status_code == 409


def test_a_credential_in_use_is_not_deleted(app, sign_in):
    made = factories.credential(kind=CredentialKind.SSH_KEY)
    check = factories.check(kind="disk", params={}, credential=made)
    client = sign_in(Role.HEAD)
    page = client.post(f"/checks/credentials/{made.id}/remove", follow_redirects=True).text
    assert "give it another one first" in page
    db.session.delete(check)
    client.post(f"/checks/credentials/{made.id}/remove")
    assert db.session.scalars(select(Credential)).all() == []


def test_credentials_and_keys_out_of_reach_are_not_there(app, sign_in):
    made = factories.credential()
    key = a_key(site_id=factories.site().id)
    client = sign_in(Role.HEAD, site=factories.site())
    paths = [f"/checks/credentials/{made.id}{end}" for end in ("", "/edit")]
    for path in (*paths, f"/checks/host-keys/{key.id}"):
        assert client.get(path).status_code == 404
    for path in (f"/checks/credentials/{made.id}/remove", f"/checks/host-keys/{key.id}/approve"):
        assert client.post(path).status_code == 404
    form = {"kind": "password", "name": "a", "user_name": "b", "secret": "c", "site_id": ""}
    assert client.post("/checks/credentials/new", data=form).status_code == 400
    assert sign_in(Role.ENGINEER).get("/checks/credentials").status_code == 403
    assert sign_in(Role.ENGINEER).post(f"/checks/host-keys/{key.id}/approve").status_code == 403


def test_the_page_of_a_key_says_how_to_compare_it(app, sign_in):
    key = a_key(address="10.0.0.9")
    client = sign_in(Role.HEAD)
    assert "10.0.0.9" in client.get("/checks/host-keys").text
    page = client.get(f"/checks/host-keys/{key.id}").text
    assert "SHA256:abc" in page
    assert "ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub" in page
    assert "host_keys." not in page


def test_a_changed_key_is_shown_beside_the_known_one_and_replaces_it_when_approved(app, sign_in):
    known = a_key(state=HostKeyState.APPROVED)
    changed = a_key(fingerprint="SHA256:new")
    client = sign_in(Role.HEAD)
    page = client.get(f"/checks/host-keys/{changed.id}").text
    assert "SHA256:abc" in page
    assert "somebody else may stand in its place" in page
    client.post(f"/checks/host-keys/{changed.id}/approve")
    db.session.refresh(known)
    db.session.refresh(changed)
    assert (known.state, changed.state) == (HostKeyState.REPLACED, HostKeyState.APPROVED)
    entry = db.session.scalars(select(AuditEntry)).one()
    assert (entry.action, entry.before) == ("host_key.approved", {"fingerprint": "SHA256:abc"})


@pytest.mark.parametrize(
    ("state", "act", "then"),
    [
        ("pending", "reject", "rejected"),
        ("approved", "reject", "rejected"),
        ("rejected", "approve", "approved"),
        ("rejected", "reject", "rejected"),
        ("approved", "approve", "approved"),
    ],
)
def test_a_decision_goes_where_it_may(app, sign_in, state, act, then):
    key = a_key(state=HostKeyState(state))
    sign_in(Role.HEAD).post(f"/checks/host-keys/{key.id}/{act}")
    db.session.refresh(key)
    assert key.state == then


def test_every_fact_that_the_log_keeps_has_a_word(app):
    told = {*register.told(factories.check()), *credentials.told(factories.credential())}
    told |= {"fingerprint", "address", "port"}
    for language in LANGUAGES:
        assert {f"audit.field.{name}" for name in told} - set(sentences(language)) == set()
