"""What the other side said, without the secrets that we gave it: many answers repeat a request.

"Cannot POST /hook/…" is what a common web server says to a wrong address, and the rest of that
address is the key.
"""

from base64 import b64encode
from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import parse_qsl, quote, urlsplit

INSTEAD = "***"
#: Shorter ones are in too many words; and a part of an address is a key only when it is long.
SHORTEST, SHORTEST_PART = 6, 12


def hidden(text: str, secrets: Iterable[str]) -> str:
    """Return a text in which none of the secrets stands, nor a usual way of writing one."""
    forms = {form for secret in secrets for form in _forms_of(secret)}
    for form in sorted(forms, key=len, reverse=True):
        text = text.replace(form, INSTEAD)
    return text


def hidden_in(params: Mapping[str, Any], secrets: Iterable[str]) -> dict[str, Any]:
    """Return a message's parameters without the secrets."""
    known = tuple(secrets)
    return {
        name: hidden(value, known) if isinstance(value, str) else value
        for name, value in params.items()
    }


def _forms_of(secret: str) -> Iterator[str]:
    if len(secret) < SHORTEST:
        return
    yield secret
    yield quote(secret, safe="")
    yield b64encode(secret.encode()).decode()
    if "://" in secret:
        yield from _parts_of(secret)


def _parts_of(address: str) -> Iterator[str]:
    """Yield what of an address may be its key, longest first or not."""
    parts = urlsplit(address)
    behind = [parts.path, parts.query, f"{parts.path}?{parts.query}"]
    keys = [*parts.path.split("/"), *(value for _, value in parse_qsl(parts.query))]
    yield from (one for one in behind if len(one) >= SHORTEST)
    yield from (one for one in keys if len(one) >= SHORTEST_PART)
