"""The hash functions of the audit log's chain, by the names that stand in its rows."""

import hashlib
from collections.abc import Callable
from enum import StrEnum
from functools import cache

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.hashes import SM3, Hash

from itops.errors import Misconfigured


class Algorithm(StrEnum):
    """By which function an entry was hashed; each row says it, so a chain may have both."""

    SHA256 = "sha256"
    #: The Chinese national standard, GB/T 32905.
    SM3 = "sm3"


Digest = Callable[[bytes], str]


@cache
def digest_by(algorithm: Algorithm) -> Digest:
    """Return the function from bytes to hexadecimal digits.

    Raise Misconfigured if neither our library nor OpenSSL on this machine has it.
    """
    return _sha256 if algorithm is Algorithm.SHA256 else _sm3_of_this_machine()


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _sm3(content: bytes) -> str:
    made = Hash(SM3())
    made.update(content)
    return made.finalize().hex()


def _sm3_of_openssl(content: bytes) -> str:
    return hashlib.new("sm3", content).hexdigest()


def _sm3_of_this_machine() -> Digest:
    for candidate in (_sm3, _sm3_of_openssl):
        try:
            candidate(b"")
        except (UnsupportedAlgorithm, ValueError):
            continue
        return candidate
    raise Misconfigured("config.no_sm3")
