"""Messages by e-mail: one to each person, over SMTP, with TLS and sign-in."""

import re
import smtplib
import socket
from contextlib import closing, suppress
from dataclasses import dataclass, field
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP as LINES
from email.utils import format_datetime
from enum import StrEnum

from itops.errors import Invalid
from itops.remote.sending import (
    NotSent,
    PerhapsSent,
    Rules,
    connect,
    ended_in_time,
    said,
    secured,
)

#: Plain addresses: no names, no quotes, no lists.
MAILBOX = re.compile(
    r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]{1,63}(\.[A-Za-z0-9-]{1,63})*"
)
LONGEST_MAILBOX = 254
LONGEST_SUBJECT = 180


class Security(StrEnum):
    """How the connection is protected."""

    TLS = "tls"
    STARTTLS = "starttls"
    NONE = "none"


@dataclass(frozen=True)
class MailServer:
    """Through which server mail goes, and as whom."""

    host: str
    port: int
    security: Security
    sender: str
    login: str = ""
    password: str = field(default="", repr=False)


@dataclass(frozen=True)
class Letter:
    """One mail to one person. `id` is the same whenever the same letter is sent."""

    to: str
    subject: str
    text: str
    id: str
    at: datetime
    #: The id of the letter that this one follows, so that they stand together.
    follows: str = ""


def mailbox(text: str) -> str:
    """Read a plain address such as it@hospital.example. Raise Invalid if it is none."""
    found = text.strip()
    if len(found) > LONGEST_MAILBOX or not MAILBOX.fullmatch(found):
        raise Invalid("sending.write_mailbox")
    return found


def send(letter: Letter, server: MailServer, rules: Rules) -> str:
    """Hand the letter to the server, and return what the server said.

    Raise NotSent if it was refused or never handed over, PerhapsSent if the server took the text
    and did not say whether it keeps it.
    """
    line = connect(server.host, server.port, rules)
    if server.security is Security.TLS:
        line = secured(line, server.host, rules)
    speaking = _Speaking(line, server)
    with closing(speaking), ended_in_time(lambda: speaking.sock):
        try:
            speaking.connect(server.host, server.port)
            _enter(speaking, server, rules)
            _address(speaking, server.sender, letter.to)
            speaking.send(_dotted(as_bytes(letter, server.sender)))
        except (OSError, smtplib.SMTPException, ValueError) as error:
            raise NotSent("sending.mail_refused", why=_reason(error)) from None
        return _answer(speaking)


class _Speaking(smtplib.SMTP):
    """An SMTP conversation on a connection that stands already."""

    def __init__(self, line: socket.socket, server: MailServer) -> None:
        super().__init__(local_hostname=server.sender.rpartition("@")[2])
        self.sock = self._line = line
        self._host = server.host  # whose certificate starttls wants to see

    def _get_socket(self, _host: str, _port: int, _timeout: float) -> socket.socket:
        return self._line


def _enter(speaking: _Speaking, server: MailServer, rules: Rules) -> None:
    speaking.ehlo()
    if server.security is Security.STARTTLS:
        # Raises where the server offers none: a password never goes out in the clear.
        speaking.starttls(context=rules.context())
        speaking.ehlo()
    if server.login:
        speaking.login(server.login, server.password)


def _address(speaking: _Speaking, sender: str, to: str) -> None:
    for command, wanted in (
        (f"MAIL FROM:<{sender}>", 250),
        (f"RCPT TO:<{to}>", 250),
        ("DATA", 354),
    ):
        code, answer = speaking.docmd(command)
        if code != wanted:
            raise smtplib.SMTPResponseException(code, answer)


def _dotted(content: bytes) -> bytes:
    """Return a mail as it follows DATA: a line's first dot doubled, a lone dot at the end."""
    return re.sub(rb"(?m)^\.", b"..", content) + b"\r\n.\r\n"


def _answer(speaking: _Speaking) -> str:
    try:
        code, answer = speaking.getreply()
    except (OSError, smtplib.SMTPException) as error:
        raise PerhapsSent("sending.no_answer", why=_reason(error)) from None
    if code != 250:
        raise NotSent("sending.mail_refused", why=f"{code} {said(answer)}")
    with suppress(OSError, smtplib.SMTPException):
        speaking.quit()
    return said(answer)


def as_bytes(letter: Letter, sender: str) -> bytes:
    """Return the mail as it goes over the line."""
    message = EmailMessage(policy=LINES)
    message["From"] = Address("itops", addr_spec=sender)
    message["To"] = letter.to
    message["Subject"] = said(letter.subject)[:LONGEST_SUBJECT]
    message["Date"] = format_datetime(letter.at)
    message["Message-ID"] = f"<{letter.id}@{sender.rpartition('@')[2]}>"
    if letter.follows:
        message["In-Reply-To"] = message["References"] = (
            f"<{letter.follows}@{sender.rpartition('@')[2]}>"
        )
    # Nobody's holiday answers a machine.
    message["Auto-Submitted"] = "auto-generated"
    message["X-Auto-Response-Suppress"] = "All"
    message.set_content(letter.text, cte="base64")
    return message.as_bytes().rstrip(b"\r\n")


def _reason(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPResponseException):
        return f"{error.smtp_code} {said(error.smtp_error)}"
    return said(error) or type(error).__name__
