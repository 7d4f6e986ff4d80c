"""Secrets of every kind are given to a running server and used, well and badly: none comes out.

Looked through are all pages of every role, answers to machines and errors, exports, the log on
stderr, what the doctor and other commands print, the arguments of processes, the database, the
audit log, and a copy for restoring. `secrets.SHOWN_ONCE` names where one may stand.
"""

import base64
import json
import re
import shutil
import time
import zipfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import paramiko
import psutil
import pytest

from itops.clock import utcnow
from itops.services.users import totp
from tests.canaries.browser import Browser
from tests.canaries.hospital import HOOK, ROBOT, filled
from tests.canaries.secrets import Secrets
from tests.components import answering, faulty
from tests.components.server import Server

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS"),
]
ECHO = "OK - it prints {password} and more"


@pytest.fixture
def secrets() -> Secrets:
    made = Secrets()
    for name, secret in {
        "password": "Canary sings at noon 1",
        "typed wrong": "Canary mistyped at noon 2",
        "typed as login": "canary-typed-as-a-login-3",
        "SSH password": "Canary-opens-a-shell-4",
        "wrong SSH password": "Canary-opens-no-shell-5",
        "SSH key": "-----BEGIN OPENSSH PRIVATE KEY-----\nCanary6Canary6\n-----END-----",
        "SNMP community": "canary-community-7",
        "SNMP passphrase": "canary-passphrase-8",
        "SNMP privacy": "canary-privacy-9",
        "mail password": "Canary-mails-10",
        "webhook": HOOK,
        "webhook's shared secret": "Canary-signs-11",
        "robot": ROBOT,
    }.items():
        made.keep(name, secret)
    return made


@pytest.fixture
def hospital(migrated, tmp_path, secrets) -> Iterator[tuple[Server, dict[str, dict[str, str]]]]:
    """A server with one of everything; the cookies of a person of each role."""
    with ExitStack() as open_ones:
        known, key = secrets.known, paramiko.ECDSAKey.generate()
        says = ECHO.format(password=known["SSH password"])
        ssh = faulty.ssh_stalling(key, "", known["SSH password"], says)
        port = open_ones.enter_context(faulty.serving(ssh))
        hook, robot = (open_ones.enter_context(answering.web()) for _ in range(2))
        hook.status, hook.body = 404, f"Cannot POST /hook/{HOOK}".encode()
        robot.status, robot.body = 404, f"Cannot POST /robot?key={ROBOT}".encode()
        sink = open_ones.enter_context(answering.post(wants_sign_in=True))
        shutil.copy(migrated / "itops.db", tmp_path)
        cookies = filled(tmp_path, secrets, key, port, (hook, robot, sink))
        settings = {"ITOPS_MESSAGES_TO_OWN_MACHINE": "yes", "ITOPS_LOG_LEVEL": "debug"}
        server = Server(tmp_path, settings=settings)
        server.start()
        yield server, cookies
        if server.process and server.process.poll() is None:
            server.kill()


def test_no_secret_comes_out(hospital, secrets, tmp_path, full):
    server, cookies = hospital
    chief = Browser(server.port, secrets, name="chief")
    stranger = Browser(server.port, secrets)
    sign_in(chief, stranger, secrets)
    set_up(chief, secrets)
    have_made(chief, secrets)
    machines(stranger, secrets)
    try_out(chief)
    arguments(server, secrets)
    some = list(cookies.items())[: full(20)]
    seen = {role: roams(server.port, secrets, role, jar) for role, jar in some}
    seen["chief"] = chief.see_everything()
    commands(server, secrets, tmp_path)
    secrets.hear("log", server.stop())
    stored(tmp_path, secrets)

    assert seen["chief"] > 60, seen  # else nobody looked
    assert {"log", "database"} <= {where for where, _ in secrets.out}
    assert b"it prints *** and more" in everything(secrets, "chief: GET /checks/1")
    assert b"Cannot POST ***" in everything(secrets, "chief: GET /alerts/deliveries")
    assert secrets.told() == []


def everything(secrets: Secrets, where: str) -> bytes:
    return b"".join(what for place, what in secrets.out if place == where)


def roams(port: int, secrets: Secrets, role: str, jar: dict[str, str]) -> int:
    return Browser(port, secrets, dict(jar), role).see_everything()


def sign_in(chief: Browser, stranger: Browser, secrets: Secrets) -> None:
    known = secrets.known
    for login, password in (
        ("chief", known["typed wrong"]),
        (known["typed as login"], known["password"]),
    ):
        # Who mistyped sees the login again, and nobody else does.
        where = "POST /sign-in, mistyped"
        status, _ = stranger.post("/sign-in", {"login": login, "password": password}, where=where)
        assert status == 422
    secrets.out = [
        (where, what.replace(known["typed as login"].encode(), b""))
        if where == "POST /sign-in, mistyped"
        else (where, what)
        for where, what in secrets.out
    ]
    status, _ = chief.post("/sign-in", {"login": "chief", "password": known["password"]})
    assert status == 302


def set_up(chief: Browser, secrets: Secrets) -> None:
    """Set up the second factor, and use it well and badly."""
    proof, begin = {"present": secrets.known["password"]}, "/account/second-factor/begin"
    page = chief.post(begin, proof, where="POST /account/second-factor/begin")[1]
    found = re.search(r'<code class="long">([A-Z2-7 ]+)</code>', page)
    assert found
    seed = secrets.keep("seed", found[1].replace(" ", ""))
    secret = base64.b32decode(seed)
    secrets.keep("seed:raw", secret.hex())
    code = totp.code_of(secret, totp.step_at(utcnow()))
    confirm = "/account/second-factor/confirm"
    chief.post(confirm, {"code": "000000"})
    page = chief.post(confirm, {"code": code}, where="POST /account/second-factor/confirm")[1]
    paper = re.findall(r"<li><code>([0-9A-Z-]+)</code>", page)
    assert len(paper) == 10
    for number, one in enumerate(paper):
        secrets.keep(f"recovery:{number}", one)
    chief.post("/sign-out")
    chief.post("/sign-in", {"login": "chief", "password": secrets.known["password"]})
    chief.post("/sign-in/code", {"code": paper[0][:-1]})
    assert chief.post("/sign-in/code", {"code": paper[0]})[0] == 302
    secrets.keep("session:chief", chief.cookies["itops"])


def have_made(chief: Browser, secrets: Secrets) -> None:
    """Have everything else made that is shown once."""
    proof = {"present": secrets.known["password"]}
    shown(chief, secrets, "token", "/account/tokens", r"(itops_[\w-]{40,})", proof | SCOPE)
    shown(chief, secrets, "feed", "/maintenance/feeds", r"/calendar/([\w-]+)\.ics", {"name": "x"})
    pattern = r"/heartbeats/([\w-]{32})"
    shown(chief, secrets, "heartbeat", "/backups/1/address", pattern, where="/backups/heartbeat")
    pattern = r'<code class="id">([A-Z2-7-]{30,})'
    shown(chief, secrets, "enrolment", "/enrolment/codes", pattern, {"uses": "2", "days": "7"})
    shown(chief, secrets, "link", "/users/2/link", r"/welcome/([\w-]+)", where="/users/link")


SCOPE = {"name": "canary", "scope": "view_assets", "days": "7"}


def shown(
    who: Browser,
    secrets: Secrets,
    name: str,
    path: str,
    pattern: str,
    form: dict[str, str] | None = None,
    *,
    where: str = "",
) -> None:
    """Have something made, and know it by the page that shows it."""
    status, page = who.post(path, form or {"x": ""}, where=f"POST {where or path}")
    found = re.search(pattern, page)
    assert status == 200 and found, (name, status)  # noqa: PT018 - both are wanted at once
    secrets.keep(name, found[1])


def machines(stranger: Browser, secrets: Secrets) -> None:
    """Use what opens without signing in, well and badly."""
    known = secrets.known
    bearer = f"Bearer {known['token']}"
    assert stranger.get("/api/v1/assets", Authorization=bearer)[0] == 200
    assert stranger.get("/api/v1/hosts", Authorization=bearer)[0] == 403
    assert stranger.get(f"/api/v1/assets?token={known['token']}", where="401")[0] == 401
    assert stranger.get(f"/calendar/{known['feed']}.ics", where="feed")[0] == 200
    assert stranger.get(f"/calendar/{known['feed']}x.ics", where="GET /calendar/, none")[0] == 404
    assert stranger.post(f"/api/v1/heartbeats/{known['heartbeat']}", where="beat")[0] == 200
    assert stranger.post(f"/api/v1/heartbeats/{known['heartbeat']}/bad", where="beat")[0] == 400
    assert stranger.get(f"/welcome/{known['link']}", where="GET /welcome/")[0] == 200
    enrolled(stranger, secrets)
    reported(stranger, secrets)


def enrolled(stranger: Browser, secrets: Secrets) -> None:
    """Come in as a machine, and report badly."""
    known = secrets.known
    identity = {"hostname": "ward-pc", "system": "Linux", "identifiers": []}
    asked = {"schema": 1, "agent": "1", "identity": identity, "machine": "a" * 64}
    enrol = "/api/v1/agents/enroll"
    stranger.post(enrol, json.dumps(asked | {"code": known["enrolment"], "x": 1}).encode())
    body = json.dumps(asked | {"code": known["enrolment"]}).encode()
    status, told = stranger.post(enrol, body, where=f"POST {enrol}")
    assert status == 201
    answer = json.loads(told)
    secrets.keep("agent", answer["key"])
    key = {"Authorization": f"Bearer {answer['host']}.{answer['key']}"}
    for report in (b"{}", b"[", b'{"schema": 1}'):
        assert stranger.post("/api/v1/reports", report, **key)[0] >= 400


def reported(stranger: Browser, secrets: Secrets) -> None:
    """Report a fault, and follow it."""
    form = {"what": "computer", "urgency": "now", "key": "0123456789abcdef" * 2}
    status, told = stranger.post("/report/1", form | {"department_id": "1"}, where="POST /report")
    assert status == 303
    follow = secrets.keep("follow", told.split("/f/")[1].split()[0])
    assert stranger.get(f"/f/{follow}", where="GET /f/")[0] == 200
    assert stranger.post(f"/f/{follow}/rate", {"rating": "9"}, where="GET /f/")[0] == 400


def try_out(chief: Browser) -> None:
    """Let channels and checks be used, and wait until each was."""
    for number in (1, 2, 3):
        chief.post(f"/alerts/channels/{number}/test")
    ends = time.monotonic() + 60
    waiting = {"/checks/1": "it prints", "/checks/2": "refuses", "/alerts/deliveries": "404"}
    while waiting and time.monotonic() < ends:
        waiting = {path: word for path, word in waiting.items() if word not in chief.get(path)[1]}
        time.sleep(0.5)
    assert waiting == {}


def arguments(server: Server, secrets: Secrets) -> None:
    assert server.process
    family = psutil.Process(server.process.pid)
    for one in (family, *family.children(recursive=True)):
        secrets.hear("arguments", "\0".join(one.cmdline()))


def commands(server: Server, secrets: Secrets, folder: Path) -> None:
    """Run what an administrator runs, and keep what it prints and makes."""
    for words in (
        ("doctor",),
        ("settings",),
        ("user", "list"),
        ("hosts", "list", "--json"),
        ("backup", "create", "--json"),
        ("audit", "export", str(folder / "audit.zip")),
        ("audit", "verify"),
    ):
        secrets.hear(" ".join(words[:2]), server.itops(*words)[1])


def stored(folder: Path, secrets: Secrets) -> None:
    """Keep all that lies in the data folder but for the keys, archives unpacked."""
    for path in folder.rglob("*"):
        if path.suffix == ".zip":
            with zipfile.ZipFile(path) as archive:
                for name in archive.namelist():
                    secrets.hear(f"{path.name}: {name}", archive.read(name))
        elif path.is_file() and path.name not in {"master.key", "session.key"}:
            name = "database" if path.name == "itops.db" else path.name
            secrets.hear(name, path.read_bytes())
    assert any(where.endswith(": database") for where, _ in secrets.out)
