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
from itops.remote.sending import NotSent, PerhapsSent, Rules
from itops.services.alerting.wording import Text
from itops.services.secrets import reflected, sealing

#: What is told to somebody by name, to a group.
PERSONAL = {ChannelKind.MAIL}
#: The receiver can tell a repeated message: it may be sent again when nobody knows.
REPEATABLE = {ChannelKind.WEBHOOK}


@dataclass(frozen=True)
class Letterbox:
    """Everything that sending one message needs: nothing of it asks the database."""

    kind: ChannelKind
    settings: Mapping[str, Any]
    #: What is secret stays sealed until it is needed; and whose it is.
    sealed: bytes | None = field(repr=False)
    about: str
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
    channel.sealed = sealing.seal(plain, about(channel))
    channel.sealed_by = sealing.key_id(channel.sealed).hex()


def secrets_of(channel: Channel) -> dict[str, str]:
    """Return the secrets of a channel. Raise Unreadable if their key is not here."""
    return _opened(channel.sealed, about(channel))


def _opened(sealed: bytes | None, about: str) -> dict[str, str]:
    if sealed is None:
        return {}
    found: dict[str, str] = json.loads(sealing.unseal(sealed, about))
    return found


def send(box: Letterbox) -> str:
    """Send a message and return what the other side said, without our secrets.

    Raise NotSent or PerhapsSent, or Unreadable if the key of the secrets is not here.
    """
    secrets = _opened(box.sealed, box.about)
    try:
        return reflected.hidden(_sent(box, secrets), secrets.values())
    except (NotSent, PerhapsSent) as error:
        told = error.message
        params = reflected.hidden_in(told.params, secrets.values())
        raise type(error)(told.key, **params) from None


def _sent(box: Letterbox, secrets: Mapping[str, str]) -> str:
    if box.kind is ChannelKind.MAIL:
        return _send_mail(box, secrets.get("password", ""))
    url, secret = secrets["url"], secrets.get("secret", "")
    if box.kind is ChannelKind.WEBHOOK:
        return webhook.send(webhook.Hook(url, secret), box.data, box.id, at=box.at, rules=box.rules)
    text = f"{box.text.title}\n\n{box.text.body}"
    return chat.SENDERS[box.kind.value](chat.Robot(url, secret), text, box.at, box.rules)


def _send_mail(box: Letterbox, password: str) -> str:
    known = box.settings
    server = MailServer(
        known["host"],
        known["port"],
        Security(known["security"]),
        known["sender"],
        known["login"],
        password,
    )
    letter = Letter(box.recipient, box.text.title, box.text.body, box.id, box.at, box.follows)
    return mail.send(letter, server, box.rules)


def about(channel: Channel) -> str:
    """Return whose secrets a channel's are, as they are sealed."""
    return f"channel:{channel.id}"
