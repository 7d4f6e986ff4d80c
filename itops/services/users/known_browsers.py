"""Browsers on which a person signed in before: wrong passwords of strangers don't shut them out.

Five wrong passwords lock an account for everybody who knocks from elsewhere. Who does that every
quarter of an hour would keep an engineer out for a whole night; so a browser that a person used
before has five tries of its own, and waits for no one else behind its address (OWASP calls such a
mark a device cookie).
"""

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field

#: A ward's browser knows so many people; who came longest ago is forgotten.
MOST_PEOPLE = 20


@dataclass(frozen=True)
class KnownBrowser:
    """A browser's own number, and for whom it vouches: a mark of the password that each showed."""

    number: str = field(default_factory=lambda: secrets.token_hex(8))
    marks: Mapping[str, str] = field(default_factory=dict)

    def after(self, user_id: int, password_hash: str) -> "KnownBrowser":
        """Return the browser as it is once this person has signed in on it."""
        others = [pair for pair in self.marks.items() if pair[0] != str(user_id)]
        newest = [*others, (str(user_id), mark(password_hash))][-MOST_PEOPLE:]
        return KnownBrowser(self.number, dict(newest))

    def name_for(self, user_id: int, password_hash: str) -> str:
        """Return by what this person's failures here are counted; "" for a browser of strangers."""
        is_known = bool(password_hash) and self.marks.get(str(user_id)) == mark(password_hash)
        return f"known {self.number} {user_id}" if is_known else ""


#: A browser that nobody has signed in on.
STRANGE = KnownBrowser("")


def mark(password_hash: str) -> str:
    """Return what a browser remembers of a password: another password, another mark."""
    return hashlib.sha256(password_hash.encode()).hexdigest()[:16]
