"""What is stored of a random secret: of a session, a link, a code, a machine's key."""

import hashlib


def secret_hash(secret: str) -> bytes:
    """Return the SHA-256 of a secret that we drew; so many random bits need no slow hash."""
    return hashlib.sha256(secret.encode()).digest()
