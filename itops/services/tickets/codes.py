"""Random codes that people carry: on a label, and to follow a report."""

import hashlib
import re
import secrets

from itops.services.secrets.typed_codes import ALPHABET

LABEL_LENGTH, FOLLOW_LENGTH = 10, 12
REQUEST_KEY = re.compile(r"[0-9a-f]{32}")


def label_code() -> str:
    """Draw the code of a label: 50 bits, too many to be tried out."""
    return "".join(secrets.choice(ALPHABET) for _ in range(LABEL_LENGTH))


def request_key() -> str:
    """Draw the key of one showing of a form, by which its taps are one report."""
    return secrets.token_hex(16)


def known_key(given: str) -> str:
    """Return the key that a form sent; one that we can't have drawn is replaced."""
    return given if REQUEST_KEY.fullmatch(given) else request_key()


def follow_code(key: str) -> str:
    """Return the code with which the reporter follows: 60 bits that follow from the form's key.

    So a second tap, or one after the server died, is answered with the same code, though only its
    digest is stored.
    """
    drawn = int.from_bytes(hashlib.sha256(f"follow {key}".encode()).digest()[:8], "big")
    return "".join(ALPHABET[drawn >> 5 * place & 31] for place in range(FOLLOW_LENGTH))
