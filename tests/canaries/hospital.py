"""A hospital with one of everything that signs in somewhere, and people of every role."""

import base64
import json

from itops import create_app
from itops.config import Settings
from itops.db import db
from itops.models import ChannelKind, CredentialKind, HostKeyState, Role, RoleGrant
from itops.services.alerting.channels import seal
from itops.services.secrets.sealing import Keyring
from itops.services.users.passwords import hashed
from tests import factories
from tests.conftest import Client, signed_in_as
from tests.services.alerting import world
from tests.views.checking.test_credentials import a_key

#: What stands in the addresses of ways out.
HOOK, ROBOT = "hook-Canary-7f3e19aa52", "robot-Canary-90cd41e7bb"


def filled(folder, secrets, key, port, ways_out) -> dict[str, dict[str, str]]:
    """Put one of everything into the database; return the cookies of a person of each role."""
    known, app = secrets.known, create_app(Settings(data_dir=folder))
    app.test_client_class = Client
    with app.app_context():
        chief = factories.user(
            login="chief", email="chief@hospital.example", password_hash=hashed(known["password"])
        )
        chief.grants = [RoleGrant(role=role) for role in Role if role is not Role.VENDOR]
        factories.user(role=Role.REPORTER, login="newcomer")
        asset = factories.asset()
        checked(known, asset, key, port)
        factories.department(site=asset.site)
        factories.backup()
        factories.ticket(site_id=asset.site_id)
        channels(known, *ways_out)
        cookies = {
            role.value: {"itops": cookie_of(signed_in_as(app, role))}
            for role in Role
            if role is not Role.VENDOR
        }
        keys(app, folder, secrets)
        db.session.commit()
        db.engine.dispose()
    for role, jar in cookies.items():
        secrets.keep(f"session:{role}", jar["itops"])
        secrets.keep(f"session:{role}, its number", number_in(jar["itops"]))
    return cookies


def number_in(cookie: str) -> str:
    """Return the random number of a session, which its cookie holds signed."""
    held = cookie.partition(".")[0]
    return str(json.loads(base64.urlsafe_b64decode(held + "=" * (-len(held) % 4)))["token"])


def cookie_of(client: Client) -> str:
    cookie = client.get_cookie("itops")
    assert cookie
    return str(cookie.value)


def keys(app, folder, secrets) -> None:
    """Know the keys of the server itself."""
    (kept,) = Keyring(app.config["ITOPS"]).there()
    secrets.keep("master key", kept.text)
    signs = (folder / "session.key").read_bytes()
    secrets.keep("session key: hex", signs.hex())
    secrets.keep("session key", base64.b64encode(signs).decode())


def channels(known, hook, robot, sink) -> None:
    """Add a way out of each kind; what it is told answers with all that it was asked."""
    mail = world.mail_channel(sink, settings=mail_settings(sink))
    seal(mail, {"password": known["mail password"]})
    signed = {"url": f"{hook.url}/hook/{HOOK}", "secret": known["webhook's shared secret"]}
    seal(world.web_channel(hook, ChannelKind.WEBHOOK), signed)
    seal(world.web_channel(robot), {"url": f"{robot.url}/robot?key={ROBOT}"})


def mail_settings(sink) -> dict[str, object]:
    sender = {"sender": "itops@hospital.example", "login": "itops"}
    return {"host": "localhost", "port": sink.port, "security": "none"} | sender


def checked(known, asset, key, port) -> None:
    """Add checks that sign in well and badly, and every other kind of credential."""
    a_key(
        address="127.0.0.1",
        port=port,
        algorithm=key.get_name(),
        public_key=key.get_base64(),
        state=HostKeyState.APPROVED,
    )
    for name in ("SSH password", "wrong SSH password"):
        account = factories.credential(known[name], name=name.replace("SSH", "door"))
        plugin = {"kind": "plugin", "params": {"plugin": "check_x"}, "asset": asset}
        factories.check(name=name, port=port, credential_id=account.id, **plugin)
    community = factories.credential(
        known["SNMP community"], kind=CredentialKind.SNMP_COMMUNITY, user_name=""
    )
    factories.check(kind="ups_snmp", asset=asset, credential_id=community.id)
    both = {"auth": known["SNMP passphrase"], "privacy": known["SNMP privacy"]}
    methods = {"auth": "sha256", "privacy": "aes"}
    factories.credential(json.dumps(both), kind=CredentialKind.SNMP_USER, options=methods)
    factories.credential(known["SSH key"], kind=CredentialKind.SSH_KEY)
