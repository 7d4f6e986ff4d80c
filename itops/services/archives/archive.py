"""The archive file: written whole or not at all, and read part by part against its digests.

It is a zip, so that a copy can be got at with what every machine has. The manifest is written last
and found first.
"""

import hashlib
import io
import os
import zipfile
import zlib
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import IO

from itops.remote.backups.faults import CannotLook, Damaged, NotThere
from itops.services.archives import manifest
from itops.services.archives.manifest import Manifest, Part

DATABASE, KEYS = "database", "keys.sealed"
BLOCK = 1 << 20
#: Of zlib's nine; the next ones take twice the time for a tenth of the size.
LEVEL = 1

Tell = Callable[[int, int], None]
FAULTS = (zipfile.BadZipFile, EOFError, zlib.error, NotImplementedError, RuntimeError)


def silent(_done: int, _total: int) -> None:
    """Tell nobody how far it is."""


def write(target: Path, about: Manifest, parts: Mapping[str, Path], tell: Tell = silent) -> None:
    """Write an archive of `parts`: under another name, to the disk, then in place at once."""
    draft = target.with_name(f"{target.name}.part")
    descriptor = os.open(draft, os.O_CREAT | os.O_TRUNC | os.O_RDWR, 0o600)
    try:
        with os.fdopen(descriptor, "w+b") as file:
            with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=LEVEL) as made:
                found = {name: _packed(made, name, path, tell) for name, path in parts.items()}
                made.writestr(manifest.NAME, replace(about, parts=found).as_json())
            file.flush()
            os.fsync(file.fileno())
        draft.replace(target)
        sync_folder(target.parent)
    finally:
        draft.unlink(missing_ok=True)


def _packed(made: zipfile.ZipFile, name: str, path: Path, tell: Tell) -> Part:
    with path.open("rb") as source, made.open(name, "w", force_zip64=True) as inside:
        return _through(source, inside, path.stat().st_size, tell)


def manifest_of(path: Path) -> Manifest:
    """Return what an archive says of itself. Raise Damaged, or NotThere if nobody can read it."""
    try:
        with zipfile.ZipFile(path) as archive:
            if archive.getinfo(manifest.NAME).file_size > manifest.MOST_BYTES:
                raise Damaged("no_manifest")
            return manifest.read(archive.read(manifest.NAME))
    except KeyError:
        raise Damaged("no_manifest") from None
    except FAULTS as error:
        raise Damaged("tool_says", why=str(error)[:200]) from None
    except OSError as error:
        raise NotThere(why=type(error).__name__) from None


def unpack(path: Path, name: str, target: Path, tell: Tell = silent) -> None:
    """Write a part to a file of its owner. Raise Damaged if it is not what the manifest says."""
    wanted = manifest_of(path).parts.get(name)
    if wanted is None:
        raise Damaged("part_missing", name=name)
    descriptor = os.open(target, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600)
    with os.fdopen(descriptor, "wb") as out:
        try:
            with zipfile.ZipFile(path) as archive, archive.open(name) as inside:
                found = _through(inside, out, wanted.size_bytes, tell)
        except (*FAULTS, KeyError) as error:
            raise Damaged("tool_says", why=str(error)[:200]) from None
        except OSError as error:
            raise CannotLook(why=str(error)[:200]) from None
        out.flush()
        os.fsync(out.fileno())
    if found != wanted:
        raise Damaged("part_differs", name=name)


def read(path: Path, name: str) -> bytes:
    """Return a small part. Raise Damaged if it is not what the manifest says."""
    wanted, target = manifest_of(path).parts[name], io.BytesIO()
    with zipfile.ZipFile(path) as archive, archive.open(name) as inside:
        if _through(inside, target, min(wanted.size_bytes, BLOCK)) != wanted:
            raise Damaged("part_differs", name=name)
    return target.getvalue()


def _through(source: IO[bytes], target: IO[bytes], size: int, tell: Tell = silent) -> Part:
    """Copy a stream, no more of it than was promised; return how much it was and its digest."""
    digest, done = hashlib.sha256(), 0
    while block := source.read(BLOCK):
        digest.update(block)
        target.write(block)
        done += len(block)
        if done > size:
            raise Damaged("bomb")
        tell(done, size)
    return Part(done, digest.hexdigest())


def sync_folder(folder: Path) -> None:
    """Bring a folder's names to the disk; Windows does it by itself."""
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
