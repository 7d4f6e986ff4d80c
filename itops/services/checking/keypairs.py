"""Pairs of SSH keys: made here, or read from what a person pastes."""

from dataclasses import dataclass, field

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from itops.errors import Invalid

#: RSA keys that are shorter can be broken.
SHORTEST_RSA_BITS = 2048
#: What an account's line in authorized_keys allows: the script, and nothing else.
FORCED = 'command="/usr/local/bin/itops-check",restrict'

PrivateKey = ed25519.Ed25519PrivateKey | ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


@dataclass(frozen=True)
class Pair:
    """Both halves as OpenSSH writes them."""

    private: str = field(repr=False)
    public: str


def made(comment: str = "itops") -> Pair:
    """Return a new ed25519 pair."""
    return _pair(ed25519.Ed25519PrivateKey.generate(), comment)


def read(pem: str, comment: str = "itops") -> Pair:
    """Return the pair of a private key in any usual form, rewritten in OpenSSH's.

    Raise Invalid for what is no private key, has a passphrase, or is of a kind or length that is
    not safe.
    """
    key = _loaded(pem.strip().encode() + b"\n")
    if isinstance(key, rsa.RSAPrivateKey) and key.key_size < SHORTEST_RSA_BITS:
        raise Invalid("credential.key_weak", field="private_key", n=SHORTEST_RSA_BITS)
    if not isinstance(key, PrivateKey):
        raise Invalid("credential.key_kind", field="private_key")
    return _pair(key, comment)


def authorized_line(public: str, *, is_forced: bool) -> str:
    """Return the line for the machine's authorized_keys."""
    return f"{FORCED} {public}" if is_forced else f"restrict {public}"


def _loaded(pem: bytes) -> object:
    loaders = (serialization.load_ssh_private_key, serialization.load_pem_private_key)
    for load in loaders:
        try:
            return load(pem, password=None)
        except TypeError:
            raise Invalid("credential.key_has_passphrase", field="private_key") from None
        except (ValueError, UnsupportedAlgorithm):
            continue
    raise Invalid("credential.key_unreadable", field="private_key")


def _pair(key: PrivateKey, comment: str) -> Pair:
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.OpenSSH,
        serialization.NoEncryption(),
    )
    public = key.public_key().public_bytes(
        serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH
    )
    said = "".join(c for c in comment if c.isprintable() and c not in "\"'\\")[:80].strip()
    return Pair(private.decode(), f"{public.decode()} {said}".strip())
