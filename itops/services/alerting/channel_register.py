"""The register of channels: made and changed by administrators, their secrets never shown again."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import select

from itops.db import db
from itops.errors import Conflict, FieldError, Invalid, Message
from itops.i18n import LANGUAGES
from itops.models import Channel, ChannelKind, DeliveryKind
from itops.remote.mail import Security, mailbox
from itops.remote.posting import address_of
from itops.remote.sending import may_be_written
from itops.services import installation, written
from itops.services.alerting import channels, telling
from itops.services.auditing import Actor, facts, record

HOST_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.:-]{0,253}[A-Za-z0-9])?")
LONGEST_SECRET = 500
#: The addresses of robots are at these services; others can be told by webhook.
ROBOTS_SPEAK_TLS = {ChannelKind.WECOM, ChannelKind.DINGTALK, ChannelKind.FEISHU}
#: What is stored beside a password, and may not change without it: it would go elsewhere.
BOUND_TO_PASSWORD = ("host", "port", "security", "login")


@dataclass(frozen=True, kw_only=True)
class ChannelFacts:
    """A form, read. Secrets that were left empty stay as they are."""

    kind: ChannelKind
    name: str
    language: str
    settings: Mapping[str, Any]
    secrets: Mapping[str, str] = field(repr=False)


def parse(kind: ChannelKind, typed: Mapping[str, str]) -> ChannelFacts:
    """Read the form of a kind of channel. Raise Invalid with every field that is wrong."""
    readers = {**_SHARED, **(_MAIL if kind is ChannelKind.MAIL else _WEB)}
    found, wrong = written.read_all(readers, typed)
    if not wrong and kind in ROBOTS_SPEAK_TLS and found["url"].startswith("http:"):
        wrong += _unless_here(found["url"])
    wrong = wrong or _unless_allowed(found)
    if wrong:
        raise Invalid.many(wrong)
    secrets = {name: found.pop(name) for name in ("password", "url", "secret") if name in found}
    name, language = found.pop("name"), found.pop("language")
    if secrets.get("url"):
        found["host"] = address_of(secrets["url"]).hostname
    given = {str(key): str(value) for key, value in secrets.items() if value}
    return ChannelFacts(kind=kind, name=name, language=language, settings=found, secrets=given)


def create(given: ChannelFacts, *, by: Actor, at: datetime) -> Channel:
    """Add a channel. Raise Invalid if its name is taken, or it has no address."""
    _check_name(given.name, None)
    if given.kind is not ChannelKind.MAIL and "url" not in given.secrets:
        raise Invalid("written.required", field="url")
    made = Channel(
        kind=given.kind,
        name=given.name,
        language=given.language,
        settings=dict(given.settings),
        created_at=at,
        created_by=by.name,
    )
    db.session.add(made)
    db.session.flush()
    channels.seal(made, given.secrets)
    record("channel.created", made, by=by, at=at, before={}, after=facts(made))
    return made


def edit(channel: Channel, given: ChannelFacts, *, version: int, by: Actor, at: datetime) -> None:
    """Change a channel that was read in `version`. Raise Conflict if another did meanwhile."""
    db.session.refresh(channel, with_for_update=True)
    if channel.version != version:
        raise Conflict("channel.changed_meanwhile", name=channel.name)
    _check_name(given.name, channel.id)
    kept = channels.secrets_of(channel)
    is_moved = any(
        channel.settings.get(name) != given.settings.get(name) for name in BOUND_TO_PASSWORD
    )
    if kept.get("password") and is_moved and "password" not in given.secrets:
        raise Invalid("channel.type_password_again", field="password")
    before = facts(channel)
    channel.name, channel.language = given.name, given.language
    channel.settings = {**channel.settings, **given.settings}
    if given.secrets:
        channels.seal(channel, {**kept, **given.secrets})
    channel.version += 1
    record("channel.edited", channel, by=by, at=at, before=before, after=facts(channel))


def switch(channel: Channel, *, is_enabled: bool, by: Actor, at: datetime) -> None:
    """Use a channel, or use it no longer."""
    before = facts(channel)
    channel.is_enabled = is_enabled
    channel.version += 1
    record("channel.switched", channel, by=by, at=at, before=before, after=facts(channel))


def try_out(channel: Channel, *, by: Actor, at: datetime) -> None:
    """Send a test message: to the person who asks, or to the channel's group."""
    is_personal = channel.kind in channels.PERSONAL
    outbox = telling.outbox_for(channel.id, by.id if is_personal else None)
    if is_personal and (outbox.user is None or not outbox.user.email):
        raise Invalid("channel.no_address_of_yours")
    telling.put(None, DeliveryKind.TEST, outbox, at=at)
    telling.hurry(outbox, at=at)
    record("channel.tried", channel, by=by, at=at)


def _check_name(name: str, own_id: int | None) -> None:
    other = db.session.scalar(select(Channel.id).where(Channel.name == name))
    if other is not None and other != own_id:
        raise Invalid("channel.name_taken", field="name")


def _unless_here(url: str) -> list[FieldError]:
    """Refuse to carry a robot's token over a network in the clear; to this machine it may go."""
    if address_of(url).hostname in {"localhost", "127.0.0.1", "::1"}:
        return []
    return [FieldError("url", Message("channel.needs_tls"))]


def _unless_allowed(found: Mapping[str, Any]) -> list[FieldError]:
    """Refuse where no message of this installation would ever go."""
    field = "url" if "url" in found else "host"
    host = address_of(found["url"]).hostname if found.get("url") else found.get("host")
    if not host or may_be_written(host, channels.rules_of(installation.settings())):
        return []
    return [FieldError(field, Message("sending.own_machine", {"host": host}))]


def _host(typed: str) -> str:
    found = written.code(255, required=True)(typed)
    if not HOST_NAME.fullmatch(found):
        raise Invalid("channel.write_host")
    return found.lower()


def _port(typed: str) -> int:
    found = written.plain(typed)
    if not (found.isascii() and found.isdigit() and len(found) < 6 and 0 < int(found) < 65536):
        raise Invalid("channel.write_port")
    return int(found)


def _url(typed: str) -> str:
    return address_of(typed).geturl() if typed.strip() else ""


def _language(typed: str) -> str:
    if typed and typed not in LANGUAGES:
        raise Invalid("written.choice")
    return typed


Readers = dict[str, Callable[[str], Any]]
_SHARED: Readers = {"name": written.text(120, required=True), "language": _language}
_MAIL: Readers = {
    "host": _host,
    "port": _port,
    "security": written.choice(Security, Security.STARTTLS),
    "sender": mailbox,
    "login": written.text(254),
    "password": written.text(LONGEST_SECRET),
}
_WEB: Readers = {"url": _url, "secret": written.text(LONGEST_SECRET)}
