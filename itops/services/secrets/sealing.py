"""Secrets that we must be able to read again, sealed with a key that is not in the database.

A sealed secret is: version (1 byte), id of the key (8), nonce (12), AES-256-GCM of the secret. What
it belongs to ("credential:7") is part of what is authenticated, so a sealed secret that is copied
into another row can't be read there.

The keys are in ITOPS_MASTER_KEY, or in a file of the data folder that only its owner can read, one
a line in base64, the newest first. The newest one seals; any of them opens.
"""

import base64
import hashlib
import os
import secrets
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from weakref import WeakKeyDictionary

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import Engine

from itops.config import Settings
from itops.db import db
from itops.errors import Refused
from itops.setting_texts import KEY_BYTES

FILE = "master.key"
VERSION = 1
ID_BYTES, NONCE_BYTES = 8, 12
HEAD_BYTES = 1 + ID_BYTES + NONCE_BYTES
#: The newest key, and the one before it: who read the file a moment ago may still seal with that.
KEPT_KEYS = 2


class Unreadable(Refused):
    """A sealed secret whose key is not here, or that belongs to another row."""


@dataclass(frozen=True)
class Key:
    """A key, and the id that stands in what it sealed."""

    secret: bytes = field(repr=False)

    @property
    def id(self) -> bytes:
        return hashlib.sha256(b"itops master key" + self.secret).digest()[:ID_BYTES]

    @property
    def text(self) -> str:
        return base64.b64encode(self.secret).decode()


class Keyring:
    """The keys of one installation, read again when the file has changed."""

    def __init__(self, settings: Settings) -> None:
        self._given = tuple(Key(base64.b64decode(text)) for text in settings.master_key)
        self._path = settings.data_dir / FILE

    @property
    def is_file(self) -> bool:
        """Whether the keys are in a file that we write ourselves."""
        return not self._given

    def there(self) -> tuple[Key, ...]:
        """Return the keys that there are, the newest first; none is made."""
        if self._given:
            return self._given
        with suppress(FileNotFoundError):
            return _read(self._path)
        return ()

    def known(self) -> tuple[Key, ...]:
        """Return the keys, the newest first; the first of all is made now."""
        found = self.there()
        if found:
            return found
        _write(self._path, [Key(secrets.token_bytes(KEY_BYTES))], is_first=True)
        return _read(self._path)

    def add(self) -> Key:
        """Make a new key in the file, from now on the one that seals."""
        made = Key(secrets.token_bytes(KEY_BYTES))
        _write(self._path, [made, *self.known()])
        return made

    def forget_old(self) -> None:
        """Leave only the newest keys in the file: nothing is sealed with older ones."""
        _write(self._path, self.known()[:KEPT_KEYS])


_keyrings: WeakKeyDictionary[Engine, Keyring] = WeakKeyDictionary()


def set_up(engine: Engine, settings: Settings) -> None:
    """Say where the keys are for what is sealed in this database."""
    _keyrings[engine] = Keyring(settings)


def keyring() -> Keyring:
    """Return the keys for the database in use."""
    return _keyrings[db.engine]


def seal(secret: bytes, about: str) -> bytes:
    """Return `secret` sealed with the newest key, for the row that `about` names."""
    key = keyring().known()[0]
    nonce = secrets.token_bytes(NONCE_BYTES)
    return (
        bytes([VERSION])
        + key.id
        + nonce
        + AESGCM(key.secret).encrypt(nonce, secret, about.encode())
    )


def unseal(sealed: bytes, about: str) -> bytes:
    """Return the secret again. Raise Unreadable if its key is not here or it is another row's."""
    nonce, body = sealed[1 + ID_BYTES : HEAD_BYTES], sealed[HEAD_BYTES:]
    key = next((key for key in keyring().there() if key.id == key_id(sealed)), None)
    if key is None or sealed[:1] != bytes([VERSION]):
        raise Unreadable("sealing.no_key")
    try:
        return AESGCM(key.secret).decrypt(nonce, body, about.encode())
    except InvalidTag:
        raise Unreadable("sealing.not_ours") from None


def key_id(sealed: bytes) -> bytes:
    """Return the id of the key that a sealed secret needs."""
    return sealed[1 : 1 + ID_BYTES]


def _read(path: Path) -> tuple[Key, ...]:
    lines = path.read_text(encoding="ascii").split()
    return tuple(Key(base64.b64decode(line, validate=True)) for line in lines)


def _write(path: Path, keys: Sequence[Key], *, is_first: bool = False) -> None:
    """Put the file in place whole, readable by its owner only; `is_first` never replaces one."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write("".join(f"{key.text}\n" for key in keys))
        file.flush()
        os.fsync(file.fileno())
    if not is_first:
        draft.replace(path)
        return
    with suppress(FileExistsError):
        os.link(draft, path)
    draft.unlink()
