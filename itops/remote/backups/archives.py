"""Archives read member by member: how many files they hold, and the newest one's time."""

import tarfile
import zipfile
import zlib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from itops.remote.backups.faults import Damaged
from itops.remote.backups.streams import blocks, open_gzip

#: Heads that hold names and remarks of the member that follows.
OF_NAMES = (
    tarfile.XHDTYPE,
    tarfile.XGLTYPE,
    tarfile.SOLARIS_XHDTYPE,
    tarfile.GNUTYPE_LONGNAME,
    tarfile.GNUTYPE_LONGLINK,
)
LONGEST_NAMES = 1 << 20

Found = tuple[datetime | None, dict[str, Any]]


def tar(path: Path, ends: float) -> Found:
    return _members(path, "r:", ends)


def gzip_tar(path: Path, ends: float) -> Found:
    with open_gzip(path) as file:  # its checksum stands at the end, where tarfile does not look
        for _ in blocks(file, ends, size=path.stat().st_size):
            pass
    return _members(path, "r:gz", ends)


class _Member(tarfile.TarInfo):
    """The head of a member; one for long names is read into memory, and may not be of gigabytes."""

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> "_Member":
        made = super().frombuf(buf, encoding, errors)
        if made.type in OF_NAMES and made.size > LONGEST_NAMES:
            raise tarfile.HeaderError("head too long")
        return made


def _members(path: Path, mode: Any, ends: float) -> Found:
    files, newest, size = 0, 0.0, path.stat().st_size
    read = 0  # of all members: holes in files (sparse) take no room in an archive
    try:
        with tarfile.open(path, mode, tarinfo=_Member) as archive:
            for member in archive:
                files, newest = files + 1, max(newest, member.mtime)
                if member.isfile() and (inside := archive.extractfile(member)):
                    for block in blocks(inside, ends, size=size, before=read):
                        read += len(block)
    except (tarfile.TarError, EOFError, OSError, zlib.error) as error:
        raise Damaged("tool_says", why=str(error)[:200]) from None
    if not files:
        raise Damaged("nothing_inside")
    return datetime.fromtimestamp(newest, UTC), {"files": files}


def packed(path: Path, ends: float) -> Found:
    try:
        with zipfile.ZipFile(path) as archive:
            read, size = 0, path.stat().st_size  # of all members: they may share what is packed
            for member in archive.infolist():
                with archive.open(member) as inside:
                    for block in blocks(inside, ends, size=size, before=read):
                        read += len(block)
            count = len(archive.namelist())
    except (zipfile.BadZipFile, EOFError, OSError, zlib.error, RuntimeError) as error:
        raise Damaged("tool_says", why=str(error)[:200]) from None
    if not count:
        raise Damaged("nothing_inside")
    return None, {"files": count}
