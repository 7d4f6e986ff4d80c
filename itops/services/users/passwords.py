"""Passwords: the rules for a new one, how it is kept, and how a typed one is compared."""

import unicodedata
from collections.abc import Sequence
from threading import BoundedSemaphore

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError

from itops.errors import Invalid
from itops.services.users.common_passwords import commonest, is_mostly_common

#: OWASP's second choice for Argon2id (19 MiB, one lane), with a round more.
_HASHER = PasswordHasher(time_cost=3, memory_cost=19_456, parallelism=1)
#: As many at a time as a small server bears; others wait, so that a flood of guesses costs
#: neither memory nor the pages of those who work.
_SLOTS = BoundedSemaphore(2)
#: What an unknown account's password is compared with, so that it takes the same time.
_NOBODYS = _HASHER.hash("nobody has this password")
LONGEST = 200
#: Fewer different characters than this are one key held down, or two in turn.
FEWEST_DIFFERENT = 5


def check_rules(password: str, *, login: str, shortest: int, names: Sequence[str] = ()) -> None:
    """Raise Invalid for a password that is too easy to guess or too long to work on.

    `names` are what this place is called: anybody would try them.
    """
    text = prepared(password)
    plain = text.casefold()
    if len(text) < shortest:
        raise Invalid("password.too_short", field="password", n=shortest)
    if len(text) > LONGEST:
        raise Invalid("password.too_long", field="password", n=LONGEST)
    if login and login.casefold() in plain:
        raise Invalid("password.has_login", field="password")
    if plain in commonest() or len(set(plain)) < FEWEST_DIFFERENT:
        raise Invalid("password.too_common", field="password")
    if is_mostly_common(plain, names):
        raise Invalid("password.common_words", field="password")


def refuse_former(password: str, former: Sequence[str]) -> None:
    """Raise Invalid for a password that the person has or had; `former` are their hashes.

    As slow as a sign-in for each of them: not inside a transaction.
    """
    if any(matches(one, password) for one in former if one):
        raise Invalid("password.used_before", field="password", n=len(former))


def hashed(password: str) -> str:
    """Return what is stored of a password. Takes tens of milliseconds: not inside a transaction."""
    with _SLOTS:
        return _HASHER.hash(prepared(password))


def matches(password_hash: str, password: str) -> bool:
    """Whether `password` is the one whose hash is given; an empty hash is nobody's.

    Takes as long for nobody's as for anybody's. Not inside a transaction.
    """
    with _SLOTS:
        try:
            _HASHER.verify(password_hash or _NOBODYS, prepared(password)[: LONGEST + 1])
        except (VerifyMismatchError, InvalidHashError):
            return False
    return bool(password_hash)


def prepared(password: str) -> str:
    """Return the same text for the same password, however a keyboard composes its characters."""
    return unicodedata.normalize("NFKC", password)
