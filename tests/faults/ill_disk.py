"""`itops web` on a disk that is full or broken, as long as a file says so.

SQLite reaches the disk through the functions of its "VFS" (sqlite.org/vfs.html). Those that write
and sync are exchanged here for ones that first read the file `disk` of the data folder: at `full`
no write succeeds, at `broken` no sync does. Only tests can start this server.
"""

import ctypes
from pathlib import Path
from typing import Any

from pysqlite3 import _sqlite3

from itops import config
from itops.cli import main

FULL, SYNC_FAILED = 13, 10 | 4 << 8  # SQLITE_FULL, SQLITE_IOERR_FSYNC
POINTER, INT = ctypes.c_void_p, ctypes.c_int
OPEN = ctypes.CFUNCTYPE(INT, POINTER, POINTER, POINTER, INT, POINTER)
WRITE = ctypes.CFUNCTYPE(INT, POINTER, POINTER, INT, ctypes.c_int64)
SYNC = ctypes.CFUNCTYPE(INT, POINTER, INT)
#: sqlite3_io_methods: a version, then functions in a fixed order (version 3 has eighteen).
METHODS = POINTER * 19
AT_WRITE, AT_SYNC = 3, 5
#: Python's own hold on what SQLite points to.
_held: dict[int, Any] = {}


class Vfs(ctypes.Structure):
    """The head of sqlite3_vfs, up to the function that opens a file."""

    _fields_ = (
        ("version", INT),
        ("file_size", INT),
        ("longest_path", INT),
        ("next", POINTER),
        ("name", ctypes.c_char_p),
        ("data", POINTER),
        ("open", POINTER),
    )


def spoil(disk: Path) -> None:
    """Let every file that SQLite opens from now on obey what stands in `disk`."""
    library = ctypes.CDLL(_sqlite3.__file__)
    library.sqlite3_vfs_find.restype = ctypes.POINTER(Vfs)
    vfs = library.sqlite3_vfs_find(None).contents
    opens = OPEN(vfs.open or 0)

    def opened(own: int, name: int, file: int, flags: int, out: int) -> int:
        code: int = opens(own, name, file, flags, out)
        place = POINTER.from_address(file)  # sqlite3_file begins with a pointer to its methods
        if code == 0 and place.value:
            place.value = spoiled(place.value, disk)
        return code

    _held[0] = OPEN(opened)
    vfs.open = ctypes.cast(_held[0], POINTER)


def spoiled(methods: int, disk: Path) -> int:
    """Return the address of a copy of a file's methods in which two look at the disk first."""
    if methods not in _held:
        copy = METHODS.from_buffer_copy(METHODS.from_address(methods))
        writes, syncs = WRITE(copy[AT_WRITE] or 0), SYNC(copy[AT_SYNC] or 0)
        write = WRITE(lambda *given: FULL if state(disk) == "full" else writes(*given))
        sync = SYNC(lambda *given: SYNC_FAILED if state(disk) == "broken" else syncs(*given))
        copy[AT_WRITE], copy[AT_SYNC] = ctypes.cast(write, POINTER), ctypes.cast(sync, POINTER)
        _held[methods] = copy, write, sync
    return ctypes.addressof(_held[methods][0])


def state(disk: Path) -> str:
    """Return what stands in the file, which may not be there."""
    try:
        return disk.read_text()
    except FileNotFoundError:
        return ""


if __name__ == "__main__":
    spoil(config.load().data_dir / "disk")
    main(["web"])
