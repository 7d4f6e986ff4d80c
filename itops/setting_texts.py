"""How the text of a setting is read: each reader returns the value, or raises Invalid."""

import base64
import re
from collections.abc import Callable
from ipaddress import ip_network
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from itops.errors import Invalid

#: A key of AES-256.
KEY_BYTES = 32
#: Every role, by the key that the database knows it by (itops.models.Role; a test compares).
ROLES = (
    *("reporter", "department_contact", "site_officer", "engineer", "duty_officer", "head"),
    *("director", "deputy", "system_admin", "security_admin", "audit_admin", "vendor"),
    "inspector",
)
HOST_NAME = re.compile(r"[a-z0-9_]([a-z0-9_.-]{0,251}[a-z0-9_])?")


def whole(low: int, high: int) -> Callable[[str], int]:
    """Return a reader of whole numbers from `low` to `high`."""

    def read(text: str) -> int:
        if not text.isascii() or not text.isdigit() or not low <= int(text) <= high:
            raise Invalid("config.write_number", low=low, high=high)
        return int(text)

    return read


def one_of(*choices: str) -> Callable[[str], str]:
    """Return a reader that takes only one of `choices`."""

    def read(text: str) -> str:
        if text not in choices:
            raise Invalid("config.write_one_of", choices=choices)
        return text

    return read


def some_of(*choices: str) -> Callable[[str], tuple[str, ...]]:
    """Return a reader of any of `choices`, with commas between."""

    def read(text: str) -> tuple[str, ...]:
        found = tuple(part.strip() for part in text.split(",") if part.strip())
        if not set(found) <= set(choices):
            raise Invalid("config.write_some_of", choices=", ".join(choices))
        return found

    return read


def database_url(text: str) -> str:
    """Take an SQLite or a PostgreSQL address, and name the drivers that we use for them."""
    scheme, colon, rest = text.partition("://")
    if not colon or scheme not in {"sqlite", "postgresql", "postgres", "postgresql+psycopg"}:
        raise Invalid("config.write_database")
    return text if scheme == "sqlite" else f"postgresql+psycopg://{rest}"


def web_address(text: str) -> str:
    """Take an http(s) address without a path, query or sign-in."""
    parts = urlsplit(text)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.path.strip("/"):
        raise Invalid("config.write_address")
    return f"{parts.scheme}://{parts.netloc}"


def folders(text: str) -> tuple[Path, ...]:
    """Take folders with commas between them, each from the root."""
    found = tuple(Path(part.strip()) for part in text.split(",") if part.strip())
    if not all(one.is_absolute() for one in found):
        raise Invalid("config.write_folders")
    return found


def time_zone(text: str) -> str:
    """Take the name of a time zone that this machine knows."""
    try:
        ZoneInfo(text)
    except (ZoneInfoNotFoundError, ValueError):
        raise Invalid("config.write_time_zone") from None
    return text


def networks(text: str) -> tuple[str, ...]:
    """Take addresses or networks, separated by commas."""
    try:
        return tuple(str(ip_network(part.strip())) for part in text.split(",") if part.strip())
    except ValueError:
        raise Invalid("config.write_networks") from None


def host_names(text: str) -> tuple[str, ...]:
    """Take names of hosts, separated by commas."""
    names = tuple(part.strip().lower() for part in text.split(",") if part.strip())
    if not all(HOST_NAME.fullmatch(name) for name in names):
        raise Invalid("config.write_host_names")
    return names


def yes_or_no(text: str) -> bool:
    """Take true/false, yes/no, 1/0."""
    answers = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
    if text.lower() not in answers:
        raise Invalid("config.write_yes_or_no")
    return answers[text.lower()]


def master_keys(text: str) -> tuple[str, ...]:
    """Take keys of 32 bytes in base64, separated by commas; the first one seals."""
    keys = tuple(part.strip() for part in text.split(",") if part.strip())
    if not all(_is_key(key) for key in keys):
        raise Invalid("config.write_keys")
    return keys


def _is_key(text: str) -> bool:
    try:
        return len(base64.b64decode(text, validate=True)) == KEY_BYTES
    except ValueError:
        return False


def names(text: str) -> tuple[str, ...]:
    """Take names with commas between them."""
    return tuple(part.strip() for part in text.split(",") if part.strip())
