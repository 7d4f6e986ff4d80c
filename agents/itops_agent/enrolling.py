"""Makes this machine known to a server: proves the code, gets a key, writes the local files."""

from __future__ import annotations

import json
import os

from itops_agent import __version__, clock, config, identity
from itops_agent.errors import ConfigWrong, Declined, NoAnswer
from itops_agent.inventory import identifiers
from itops_agent.sending import answers, bodies, tls
from itops_agent.sending.address import Address, proxy_for
from itops_agent.sending.connection import Connection

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from itops_agent.sending.messages import Response

PATH = "/api/v1/agents/enroll"


def enroll(path: str, settings: Mapping[str, str], *, code: str, again: bool) -> str:
    """Enrol and write the configuration and the key. Return the enrolment's state.

    Raise ConfigWrong for a wrong setting, Declined if the server doesn't take the code.
    """
    wanted = config.checked(path, {**settings_of(path), **{k: v for k, v in settings.items() if v}})
    made = config.Config(path, wanted)
    if os.path.exists(made.key_file) and not again:
        raise ConfigWrong("enrol.already", path=made.key_file)
    connection = connect(made)
    install_id = clock.draw_id()
    found = identifiers.read(install_id)
    try:
        told = ask(connection, found, code)
    finally:
        connection.close()
    save(made, settings, told, install_id, found)
    return str(told["enrolment"])


def settings_of(path: str) -> dict[str, str]:
    if not os.path.exists(path):
        return {}
    with open(path, encoding="utf-8-sig") as file:
        return config.parse(path, file.read())


def connect(made: config.Config, *, seconds: float = 30.0) -> Connection:
    """Return a connection as the settings want it. Raise ConfigWrong if one of them is wrong."""
    address = Address(made.server)
    if address.is_tls and made.ca_file:
        tls.context(made.ca_file)
    return Connection(
        address,
        proxy=proxy_for(address, made.proxy, config.environment()),
        context=lambda: tls.context(made.ca_file),
        seconds=seconds,
    )


def ask(connection: Connection, found: list[dict[str, str]], code: str) -> dict[str, object]:
    """Return the server's answer with the new key. Raise Declined or NoAnswer."""
    body = {
        "schema": bodies.SCHEMA,
        "code": code,
        "agent": __version__,
        "identity": identity.describe(found),
        "machine": identity.fingerprint(found),
    }
    headers = {name: bodies.HEADERS[name] for name in ("Content-Type", "Accept")}
    response = connection.post(PATH, json.dumps(body).encode(), headers)
    told = answers.as_object(response)
    if response.status == 201 and told and {"host", "key", "enrolment"} <= set(told):
        return told
    raise refusal(response)


def refusal(response: Response) -> Exception:
    """Say in our words why the server did not enrol this machine."""
    detail = str(answers.problem(response).get("detail") or "")
    if response.status == 403 and answers.is_ours(response):
        return Declined("enrol.code_refused")
    if response.status == 429:
        return Declined("enrol.too_many", seconds=int(answers.retry_after(response) or 60))
    if 400 <= response.status < 500 and answers.is_ours(response):
        return Declined("enrol.refused", status=response.status, why=detail)
    return NoAnswer("send.odd", status=response.status)


def save(
    made: config.Config,
    settings: Mapping[str, str],
    told: Mapping[str, object],
    install_id: str,
    found: list[dict[str, str]],
) -> None:
    """Write the settings first: a key without a server would be of no use."""
    config.save(made.path, {**settings, "ca_file": kept_authority(made)})
    os.makedirs(made.data_dir, mode=0o700, exist_ok=True)
    known = {
        "host": told["host"],
        "key": told["key"],
        "server": made.server,
        "machine": identity.fingerprint(found),
        "identifiers": found,
        "install_id": install_id,
    }
    config.Credential(known).save(made.key_file)
    hand_over(made)


def kept_authority(made: config.Config) -> str:
    """Copy the CA file beside the settings, where it stays and the service may read it."""
    if not made.ca_file:
        return ""
    path = os.path.join(os.path.dirname(os.path.abspath(made.path)), "ca.pem")
    with open(made.ca_file, "rb") as file:
        config.write_private(path, file.read(), mode=0o644)
    return path


def hand_over(made: config.Config) -> None:
    """As root, give the key to the user whose data folder it is: the service runs as that user."""
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        owner = os.stat(made.data_dir)
        os.chown(made.key_file, owner.st_uid, owner.st_gid)


def machine(credential: config.Credential) -> str:
    """Return the fingerprint to send: the enrolled one while this is evidently that machine."""
    seen = identifiers.read(credential.install_id)
    if identity.same_machine(credential.identifiers, seen):
        return credential.machine
    return identity.fingerprint(seen)
