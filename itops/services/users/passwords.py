"""Passwords: the rules for a new one, how it is kept, and how a typed one is compared."""

import unicodedata
from threading import BoundedSemaphore

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError

from itops.errors import Invalid

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
#: The commonest that are long enough to pass the other rules, here and in China.
_COMMONEST = """
    123456789012 1234567890123 12345678901234 123456789abc 1234567890ab 123123123123 112233445566
    1234567890qwerty 123456qwerty 1q2w3e4r5t6y 1q2w3e4r5t6y7u 1qaz2wsx3edc 1qaz2wsx3edc4rfv
    1qazxsw23edc qazwsxedcrfv qazwsx123456 zaq12wsxcde3 qwertyuiop12 qwertyuiop123 qwertyuiop[]
    qwerty123456 qwerty12345678 asdfghjkl123 zxcvbnm12345 abcdefghijkl abcd12345678
    abc123456789 abcdef123456 a12345678910 aa1234567890 aa123456789. password1234
    password12345 password123456 passw0rd1234 p@ssw0rd1234 p@ssword1234 adminadmin12 admin1234567
    admin12345678 admin@123456 administrator administrator1 administrator123 root12345678
    letmein12345 iloveyou1234 welcome12345 welcome@1234 woaini123456 woaini1314520 woaini520520
    5201314520131 5201314woaini 147258369147 159357159357 987654321098 098765432109 changeme1234
    hospital1234 hospital12345 hospital2024 hospital2025 hospital2026 yiyuan123456 xinxike12345
"""
COMMONEST = frozenset(_COMMONEST.split())


def check_rules(password: str, *, login: str, shortest: int) -> None:
    """Raise Invalid for a password that is too easy to guess or too long to work on."""
    text = prepared(password)
    plain = text.casefold()
    if len(text) < shortest:
        raise Invalid("password.too_short", field="password", n=shortest)
    if len(text) > LONGEST:
        raise Invalid("password.too_long", field="password", n=LONGEST)
    if login and login.casefold() in plain:
        raise Invalid("password.has_login", field="password")
    if plain in COMMONEST or len(set(plain)) < FEWEST_DIFFERENT:
        raise Invalid("password.too_common", field="password")


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
