"""Codes of a phone that change every half minute: RFC 6238 (TOTP) on RFC 4226 (HOTP)."""

import base64
import hashlib
import hmac
import secrets
from datetime import datetime
from urllib.parse import quote, urlencode

#: What every authenticator app knows without being told: SHA-1, six digits, half a minute.
STEP_SECONDS, DIGITS, DIGEST = 30, 6, "sha1"
#: RFC 4226, 4: a secret as long as the digest.
SECRET_BYTES = 20
#: A phone's clock may be off by so many steps (RFC 6238, 5.2).
DRIFT_STEPS = 1


def new_secret() -> bytes:
    """Draw a secret."""
    return secrets.token_bytes(SECRET_BYTES)


def step_at(at: datetime) -> int:
    """Return the number of the half minute, since 1970."""
    return int(at.timestamp()) // STEP_SECONDS


def code_of(secret: bytes, step: int, *, digits: int = DIGITS, digest: str = DIGEST) -> str:
    """Return the code of one step (RFC 4226, 5.3)."""
    mac = hmac.new(secret, step.to_bytes(8, "big"), getattr(hashlib, digest)).digest()
    offset = mac[-1] & 15
    number = int.from_bytes(mac[offset : offset + 4], "big") & 0x7FFF_FFFF
    return f"{number % 10**digits:0{digits}}"


def step_of(typed: str, secret: bytes, *, at: datetime) -> int | None:
    """Return the step around `at` whose code was typed; None if it is none of them.

    Every step is compared whatever the others said, so that the time tells nothing.
    """
    now, found = step_at(at), None
    for step in range(now - DRIFT_STEPS, now + DRIFT_STEPS + 1):
        if hmac.compare_digest(code_of(secret, step).encode(), typed.encode()):
            found = step
    return found


def base32(secret: bytes) -> str:
    """Return a secret as apps want it typed, without padding."""
    return base64.b32encode(secret).decode().rstrip("=")


def app_address(secret: bytes, *, login: str, issuer: str) -> str:
    """Return what stands in the picture that an app scans (otpauth://totp/…)."""
    label = quote(f"{issuer}:{login}", safe="")
    return f"otpauth://totp/{label}?{urlencode({'secret': base32(secret), 'issuer': issuer})}"
