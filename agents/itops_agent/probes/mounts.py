"""Which file systems are worth watching.

On Linux the list is read from /proc: `psutil.disk_partitions` before version 6 asks each mount
point for its longest file name, and so hangs on a network mount whose server is gone.
"""

from __future__ import annotations

import re
from collections import namedtuple

import psutil

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import NamedTuple

    class Mount(NamedTuple):
        device: str
        mount: str
        fstype: str
else:
    Mount = namedtuple("Mount", "device mount fstype")

TABLE = "/proc/self/mounts"
DISKS = 64
NETWORK = {
    "9p", "afs", "beegfs", "ceph", "cifs", "fuse.ceph", "fuse.cephfs", "fuse.glusterfs",
    "fuse.sshfs", "glusterfs", "gpfs", "lustre", "ncpfs", "nfs", "nfs4", "ocfs2", "smb3", "smbfs",
    "virtiofs",
}  # fmt: skip
#: Always full, or not a disk at all.
IGNORED = {"squashfs", "iso9660", "udf", "erofs", "cramfs", "romfs", "autofs", "devtmpfs"}
WITHOUT_DEVICE = {"zfs", "bcachefs"}
ESCAPED = re.compile(r"\\([0-7]{3})")


def parse(table: str) -> list[Mount]:
    r"""Given the text of /proc/self/mounts, return its rows.

    /dev/sdb1 /srv/pacs\040archive xfs rw,relatime 0 0
    """
    rows = [line.split(" ") for line in table.splitlines()]
    return [Mount(*(plain(word) for word in row[:3])) for row in rows if len(row) >= 4]


def plain(word: str) -> str:
    """Undo the octal escapes of fstab (they stand for bytes of UTF-8)."""
    if "\\" not in word:
        return word
    raw = ESCAPED.sub(lambda match: chr(int(match.group(1), 8)), word)
    return raw.encode("latin-1", "replace").decode("utf-8", "replace") if raw.isascii() else raw


def is_watched(mount: Mount) -> bool:
    if mount.fstype in IGNORED:
        return False
    if mount.fstype in NETWORK or mount.fstype in WITHOUT_DEVICE:
        return True
    return mount.device.startswith("/dev/") and not mount.device.startswith("/dev/fuse")


def chosen(mounts: Iterable[Mount]) -> list[Mount]:
    """Return the mounts to watch: each device once, at its shortest place."""
    places: dict[str, Mount] = {}
    for mount in mounts:
        known = places.get(mount.device)
        if is_watched(mount) and (known is None or len(mount.mount) < len(known.mount)):
            places[mount.device] = mount
    return sorted(places.values(), key=lambda mount: mount.mount)[:DISKS]


def on_linux(path: str = TABLE) -> list[Mount]:
    with open(path, encoding="utf-8", errors="surrogateescape") as table:
        return chosen(parse(table.read()))


def elsewhere() -> list[Mount]:
    """Return the drives of Windows and others. It may hang, so the caller sets a time limit."""
    seen = psutil.disk_partitions(all=False)
    rows = [Mount(disk.device, disk.mountpoint, disk.fstype) for disk in seen if disk.fstype]
    return [row for row in rows if row.fstype.lower() not in IGNORED | {"cdfs"}][:DISKS]
