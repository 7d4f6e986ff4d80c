"""What is secret, and where each of it may stand: in one answer, once."""

import base64
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import quote

#: Where a secret is shown to whom it is made for: the request, and what its answer holds.
SHOWN_ONCE = {
    "POST /account/second-factor/begin": {"seed"},
    "POST /account/second-factor/confirm": {"recovery"},
    "POST /account/tokens": {"token"},
    "POST /maintenance/feeds": {"feed"},
    "POST /backups/heartbeat": {"heartbeat"},
    "POST /enrolment/codes": {"enrolment"},
    "POST /api/v1/agents/enroll": {"agent"},
    "POST /users/link": {"link"},
    "POST /report": {"follow"},
    #: The page of a code is where its owner copies it from.
    "GET /f/": {"follow"},
    #: A page that is opened by its own address goes back there once the language is chosen.
    "GET /welcome/": {"link"},
    "GET /calendar/, none": {"feed"},
}


@dataclass
class Secrets:
    """Everything that is secret, by its name; and all that went out or is kept, by its place."""

    known: dict[str, str] = field(default_factory=dict)
    out: list[tuple[str, bytes]] = field(default_factory=list)

    def keep(self, name: str, secret: str) -> str:
        """Know a secret; return it."""
        assert len(secret) >= 6, name
        self.known[name] = secret
        return secret

    def hear(self, where: str, what: str | bytes) -> None:
        """Write down what went out there."""
        self.out.append((where, what.encode() if isinstance(what, str) else what))

    def told(self) -> list[tuple[str, str, str]]:
        """Return what was told where it may not be: name, place, and what stands around it."""
        found = []
        for name, secret in self.known.items():
            for form in set(forms_of(secret)):
                for where, what in self.out:
                    at = what.find(form)
                    if at >= 0 and name.partition(":")[0] not in SHOWN_ONCE.get(where, set()):
                        around = what[max(0, at - 60) : at + 40].decode(errors="replace")
                        found.append((name, where, around))
        return found


def forms_of(secret: str) -> Iterator[bytes]:
    """Yield the ways in which a secret may be written."""
    text = secret.encode()
    yield text
    yield quote(secret, safe="").encode()
    yield base64.b64encode(text)
    yield base64.urlsafe_b64encode(text).rstrip(b"=")
    yield text.hex().encode()
    if "-" in secret:
        yield secret.replace("-", "").encode()
    if secret.isascii() and secret.isupper() and len(secret) % 4 == 0:
        yield " ".join(secret[at : at + 4] for at in range(0, len(secret), 4)).encode()
