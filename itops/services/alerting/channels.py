"""Ways out: what each kind of channel needs to know, what of it is secret, and how it sends."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from itops.config import Settings
from itops.models import Channel, ChannelKind
from itops.remote import chat, mail, webhook
from itops.remote.mail import Letter, MailServer, Security
from itops.remote.sending import Rules
from itops.services import sealing
from itops.services.alerting.wording import Text

#: What is told to somebody by name, to a group.
PERSONAL = {ChannelKind.MAIL}
#: The receiver can tell a repeated message: it may be sent again when nobody knows.
REPEATABLE = {ChannelKind.WEBHOOK}


@dataclass(frozen=True)
class Letterbox:
    """Everything that sending one message needs: nothing of it asks the database."""

    kind: ChannelKind
    settings: Mapping[str, Any]
    secrets: Mapping[str, str] = field(repr=False)
    #: A mail address; empty for groups.
    recipient: str
    #: The same whenever the same message is sent.
    id: str
    text: Text
    #: What programs read instead of the text.
    data: Mapping[str, Any]
    at: datetime
    rules: Rules
    #: The id of the message that this one follows.
    follows: str = ""


def rules_of(settings: Settings) -> Rules:
    """Return what holds for every way out of this installation."""
    return Rules(settings.messages_to_own_machine, settings.messages_authority)


def seal(channel: Channel, secrets: Mapping[str, str]) -> None:
    """Keep the secrets of a channel that has its id."""
    plain = json.dumps(dict(secrets)).encode()
    channel.sealed = sealing.seal(plain, _about(channel))
    channel.sealed_by = sealing.key_id(channel.sealed).hex()


def secrets_of(channel: Channel) -> dict[str, str]:
    """Return the secrets of a channel. Raise Unreadable if their key is not here."""
    if channel.sealed is None:
        return {}
    found: dict[str, str] = json.loads(sealing.unseal(channel.sealed, _about(channel)))
    return found


def send(box: Letterbox) -> str:
    """Send a message and return what the other side said. Raise NotSent or PerhapsSent."""
    if box.kind is ChannelKind.MAIL:
        return _send_mail(box)
    url, secret = box.secrets["url"], box.secrets.get("secret", "")
    if box.kind is ChannelKind.WEBHOOK:
        return webhook.send(webhook.Hook(url, secret), box.data, box.id, at=box.at, rules=box.rules)
    text = f"{box.text.title}\n\n{box.text.body}"
    return chat.SENDERS[box.kind.value](chat.Robot(url, secret), text, box.at, box.rules)


def _send_mail(box: Letterbox) -> str:
    known = box.settings
    server = MailServer(
        known["host"],
        known["port"],
        Security(known["security"]),
        known["sender"],
        known["login"],
        box.secrets.get("password", ""),
    )
    letter = Letter(box.recipient, box.text.title, box.text.body, box.id, box.at, box.follows)
    return mail.send(letter, server, box.rules)


def _about(channel: Channel) -> str:
    return f"channel:{channel.id}"
