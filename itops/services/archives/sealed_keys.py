"""The keys of an installation, sealed under a passphrase, so that they may lie in an archive.

Whoever has the copy alone reads no stored secret. Whoever has the passphrase, too, has them all and
can pretend to be this server: so the keys are only put in when somebody asks for it.
"""

import base64
import json
import secrets
from collections.abc import Mapping
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from itops.config import Settings
from itops.errors import Invalid, Refused
from itops.remote.backups.faults import Damaged
from itops.services.secrets import sealing
from itops.services.secrets.sealing import Keyring

#: What RFC 7914 and OWASP name for files that lie about for years: 128 MiB and about half a second.
COST, BLOCKS, LANES = 2**17, 8, 1
SALT_BYTES, NONCE_BYTES, KEY_BYTES = 16, 12, 32
SHORTEST = 12
ABOUT = b"itops keys 1"
SESSION = "session.key"


def of(settings: Settings) -> dict[str, bytes]:
    """Return the files that a copy of the database does not hold, by their path in the folder."""
    found = {}
    ring = "".join(f"{key.text}\n" for key in Keyring(settings).there())
    if ring:
        found[sealing.FILE] = ring.encode()
    for path in (settings.data_dir / SESSION, *sorted(settings.tls_folder.glob("*"))):
        if path.is_file():
            found[path.relative_to(settings.data_dir).as_posix()] = path.read_bytes()
    return found


def seal(files: Mapping[str, bytes], passphrase: str) -> bytes:
    """Return files sealed under a passphrase. Raise Invalid if that is too short."""
    if len(passphrase) < SHORTEST:
        raise Invalid("archive.passphrase_short", n=SHORTEST)
    salt, nonce = secrets.token_bytes(SALT_BYTES), secrets.token_bytes(NONCE_BYTES)
    inside = json.dumps({name: _text(content) for name, content in files.items()}).encode()
    sealed = AESGCM(_key(passphrase, salt)).encrypt(nonce, inside, ABOUT)
    return json.dumps(
        {"salt": _text(salt), "nonce": _text(nonce), "sealed": _text(sealed)}
    ).encode()


def unseal(sealed: bytes, passphrase: str) -> dict[str, bytes]:
    """Return the files again. Raise Refused if it is another passphrase."""
    try:
        told = {name: base64.b64decode(text) for name, text in json.loads(sealed).items()}
        key = _key(passphrase, told["salt"])
        inside = AESGCM(key).decrypt(told["nonce"], told["sealed"], ABOUT)
    except InvalidTag:
        raise Refused("archive.passphrase_wrong") from None
    except (ValueError, KeyError, AttributeError, TypeError, RecursionError):
        raise Damaged("no_manifest") from None
    return {name: base64.b64decode(text) for name, text in json.loads(inside).items()}


def is_key(name: str) -> bool:
    """Whether `of` writes a file of this name: a foreign copy puts nothing else into the folder."""
    kept_by, _, last = name.rpartition("/")
    return name in {sealing.FILE, SESSION} or (
        kept_by == "tls" and last.isprintable() and last > ""
    )


def put_back(files: Mapping[str, bytes], folder: Path) -> None:
    """Write the files into a data folder, each whole, readable by its owner alone."""
    for name, content in files.items():
        path = folder / name
        is_there = path.resolve().is_relative_to(folder.resolve())
        if not is_there or not is_key(name):
            raise Damaged("no_manifest")
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
        draft.touch(0o600)
        draft.write_bytes(content)
        draft.replace(path)


def _key(passphrase: str, salt: bytes) -> bytes:
    made = Scrypt(salt=salt, length=KEY_BYTES, n=COST, r=BLOCKS, p=LANES)
    return made.derive(passphrase.encode())


def _text(content: bytes) -> str:
    return base64.b64encode(content).decode()
