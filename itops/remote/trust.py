"""TLS as a client: whom we trust, and how a refusal reads."""

import ssl

from itops.errors import Message

#: OpenSSL's X509_V_ERR numbers (x509_vfy.h) that people can act on.
REASONS = {
    9: "remote.tls.not_yet_valid",
    10: "remote.tls.expired",
    18: "remote.tls.self_signed",
    19: "remote.tls.unknown_authority",
    20: "remote.tls.unknown_authority",
    21: "remote.tls.chain_incomplete",
    62: "remote.tls.other_name",
    64: "remote.tls.other_name",
}


class Line(ssl.SSLSocket):
    """A TLS connection that is closed where Python's own leaks: cut off while it is made."""

    def recv(self, buflen: int = 1024, flags: int = 0) -> bytes:
        try:
            return super().recv(buflen, flags)
        except ConnectionError:
            self.close()
            raise


def checking(authority: str = "") -> ssl.SSLContext:
    """Return a context that trusts the machine's authorities and the hospital's own (PEM)."""
    context = ssl.create_default_context()
    context.sslsocket_class = Line
    if authority:
        context.load_verify_locations(cadata=authority)
    return context


def looking() -> ssl.SSLContext:
    """Return a context for looking at a certificate only: nothing is ever sent through it."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.sslsocket_class = Line
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    context.set_ciphers("ALL:@SECLEVEL=0")
    return context


def refusal(error: ssl.SSLError) -> Message:
    """Given why a handshake failed, return it in our words."""
    if isinstance(error, ssl.SSLCertVerificationError):
        key = REASONS.get(error.verify_code)
        if key is None:
            return Message("remote.tls.not_trusted", {"said": error.verify_message[:120]})
        return Message(key)
    said = str(error.reason or "")
    if said in OLD:
        return Message("remote.tls.too_old")
    return Message("remote.tls.failed", {"said": said.replace("_", " ").lower()[:80]})


#: What OpenSSL calls a device that knows only methods which are not safe any more.
OLD = {
    "UNSUPPORTED_PROTOCOL",
    "NO_PROTOCOLS_AVAILABLE",
    "TLSV1_ALERT_PROTOCOL_VERSION",
    "DH_KEY_TOO_SMALL",
    "EE_KEY_TOO_SMALL",
    "CA_MD_TOO_WEAK",
    "UNSAFE_LEGACY_RENEGOTIATION_DISABLED",
}
