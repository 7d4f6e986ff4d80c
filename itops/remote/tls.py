"""Looking at the certificate that a server shows, and asking whether a client would trust it."""

import socket
import ssl
from datetime import datetime

from cryptography import x509

from itops.checks.answers import TlsAnswer
from itops.checks.questions import TlsQuestion
from itops.clock import utcnow
from itops.errors import Message
from itops.remote import trust
from itops.remote.errors import ClosedEarly, NameUnknown, NotSpoken, RemoteError
from itops.remote.limits import Deadline
from itops.remote.sockets import connect, cut_off, reasons


def ask(address: str, question: TlsQuestion, *, authority: str = "") -> TlsAnswer:
    """Return the certificate of a server, trusted or not. Raise NameUnknown."""
    deadline = Deadline(question.timeout_seconds)
    name = question.host_name or address
    asked_at = utcnow()
    try:
        shown = certificate(address, question.port, name, trust.looking(), deadline)
    except NameUnknown:
        raise
    except ssl.SSLError as error:
        return TlsAnswer(asked_at, failure=trust.refusal(error))
    except RemoteError as error:
        return TlsAnswer(asked_at, failure=error.message)
    distrust = None
    try:
        certificate(address, question.port, name, trust.checking(authority), deadline)
    except ssl.SSLError as error:
        distrust = trust.refusal(error)
    except RemoteError as error:
        distrust = error.message
    return read(shown, asked_at, distrust)


def certificate(
    address: str, port: int, name: str, context: ssl.SSLContext, deadline: Deadline
) -> bytes:
    """Return a server's certificate (DER) after a handshake. Raise SSLError or RemoteError."""
    made = connect(address, port, deadline)
    with (
        made,
        cut_off(made, deadline, "handshake"),
        secured(made, name, context, deadline) as line,
    ):
        shown = line.getpeercert(binary_form=True)
    if not shown:
        raise ClosedEarly
    return shown


def raise_if_no_tls(error: ssl.SSLError) -> None:
    """Raise NotSpoken or ClosedEarly if the other side did not speak TLS at all."""
    if error.reason in ("WRONG_VERSION_NUMBER", "HTTP_REQUEST", "RECORD_LAYER_FAILURE"):
        raise NotSpoken(protocol="TLS") from error
    if isinstance(error, ssl.SSLEOFError | ssl.SSLZeroReturnError):
        raise ClosedEarly from error


def read(shown: bytes, asked_at: datetime, distrust: Message | None) -> TlsAnswer:
    """Return what stands in a certificate; one that can't be read is a failure."""
    try:
        found = x509.load_der_x509_certificate(shown)
        expires_at = found.not_valid_after_utc
        subject, issuer = name_of(found.subject), name_of(found.issuer)
    except ValueError:
        return TlsAnswer(asked_at, failure=Message("remote.tls.unreadable"))
    return TlsAnswer(asked_at, expires_at, subject, issuer, distrust)


def name_of(name: x509.Name) -> str:
    """Return the common name, or the whole name where there is none."""
    common = name.get_attributes_for_oid(x509.NameOID.COMMON_NAME)
    return (str(common[0].value) if common else name.rfc4514_string())[:200]


def secured(
    made: socket.socket, name: str, context: ssl.SSLContext, deadline: Deadline
) -> ssl.SSLSocket:
    """Return a connection made secret. Raise RemoteError or SSLError."""
    with reasons("handshake"):
        made.settimeout(deadline.left("handshake"))
        try:
            return context.wrap_socket(made, server_hostname=name)
        except ssl.SSLError as error:
            raise_if_no_tls(error)
            raise
