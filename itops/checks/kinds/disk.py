"""How full the file systems are, in bytes and in inodes."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from itops.checks.answers import Output
from itops.checks.base import BOARD_ORDER, Finding, Limits, State, Unreadable
from itops.checks.kind import CheckKind, LimitField, LimitSet
from itops.checks.metrics import Unit
from itops.checks.parameters import PATH, parameter
from itops.checks.questions import Command, Transport
from itops.errors import Message

#: `-l` leaves out what other machines lend; a df without it (busybox) lists all.
COMMAND = (
    "export LC_ALL=C; df -P -k -l 2>/dev/null || df -P -k;"
    " echo inodes; df -P -i -l 2>/dev/null || df -P -i; echo end"
)
#: A name's words stand one blank apart: if it took any blanks, a line of them from a strange
#: machine would keep this process busy for hours.
NAME = r"(\S+(?: \S+)*?)"
ROW = re.compile(rf"{NAME}\s+(\d{{1,18}})\s+(\d{{1,18}})\s+(-?\d{{1,18}})\s+(?:\d+%|-)\s+(/.*)")
#: An inode row of a file system that has none (vfat, btrfs): all zeros, or dashes.
NO_INODES = re.compile(rf"{NAME}\s+(?:0|-)\s+(?:0|-)\s+(?:0|-)\s+(?:-|0%)\s+(/.*)")
#: What lives in memory, is read-only by nature, or is another file system seen twice.
IGNORED = re.compile(
    r"tmpfs|devtmpfs|udev|none|shm|overlay|squashfs|/dev/loop\d+|efivarfs|rootfs|/dev/sr\d+"
)


@dataclass(frozen=True)
class Params:
    """Which file system; all local ones if none is named."""

    mount: str = parameter(PATH, "")


@dataclass(frozen=True)
class FileSystem:
    """Sizes in bytes, as df counts them: what root keeps for itself is neither used nor free."""

    mount: str
    used_bytes: int
    free_bytes: int
    inodes_percent: float | None = None

    @property
    def used_percent(self) -> float:
        return 100.0 * self.used_bytes / (self.used_bytes + self.free_bytes)


def ask(params: Params) -> Command:  # noqa: ARG001 - df on one mount would miss that it is gone
    return Command("disk", COMMAND)


def parse(output: Output) -> tuple[FileSystem, ...]:
    """Given what the command printed, return the file systems that can fill up.

    Filesystem     1024-blocks     Used Available Capacity Mounted on
    /dev/sda1         41152736 37037462   2001290      95% /srv/pacs archive
    inodes
    Filesystem      Inodes  IUsed   IFree IUse% Mounted on
    /dev/sda1      2621440 180551 2440889    7% /srv/pacs archive
    end
    """
    sizes, _, inodes = output.stdout.removesuffix("\nend\n").partition("\ninodes\n")
    if not inodes or not output.stdout.endswith("\nend\n"):
        raise Unreadable("check.unreadable", tool="df")
    shares = dict(inode_shares(inodes))
    found = {
        mount: FileSystem(mount, used * 1024, max(0, free) * 1024, shares.get(mount))
        for device, used, free, mount in rows(sizes)
        if used + max(0, free) > 0 and not IGNORED.fullmatch(device)
    }
    if not found:
        raise Unreadable("check.unreadable", tool="df")
    return tuple(found.values())


def rows(text: str) -> list[tuple[str, int, int, str]]:
    """Return (device, used, free, mount) of each line; a heading may stand before each listing."""
    found = []
    lines = text.splitlines()
    for line in lines:
        if match := ROW.fullmatch(line.rstrip()):
            device, _, used, free, mount = match.groups()
            found.append((device, int(used), int(free), mount))
        elif line != lines[0] and not NO_INODES.fullmatch(line.rstrip()):
            raise Unreadable("check.unreadable", tool="df")
    return found


def inode_shares(text: str) -> list[tuple[str, float]]:
    return [
        (mount, 100.0 * used / (used + free))
        for _, used, free, mount in rows(text)
        if used + free > 0
    ]


def evaluate(parsed: Sequence[FileSystem], params: Params, limits: LimitSet) -> Finding:
    """Return the worst of what is asked for, with the figures of each file system."""
    chosen = [one for one in parsed if params.mount in ("", one.mount)]
    if not chosen:
        raise Unreadable("check.disk.not_mounted", mount=params.mount)
    judged = [one for each in chosen for one in judge(each, limits)]
    state, _, message = min(judged, key=lambda one: (BOARD_ORDER.index(one[0]), -one[1]))
    metrics = {}
    for one in chosen:
        metrics[f"disk.used_percent:{one.mount}"] = round(one.used_percent, 2)
        metrics[f"disk.free_bytes:{one.mount}"] = float(one.free_bytes)
        if one.inodes_percent is not None:
            metrics[f"disk.inodes_percent:{one.mount}"] = round(one.inodes_percent, 2)
    return Finding("disk", state, message, metrics)


def judge(one: FileSystem, limits: LimitSet) -> list[tuple[State, float, Message]]:
    """Return (state, percent, reason) for the space and, where there are any, the inodes."""
    percent = round(one.used_percent, 1)
    said = Message("check.disk.space", {"mount": one.mount, "value": percent})
    judged = [(limits["space"].grade(one.used_percent), percent, said)]
    if one.inodes_percent is not None:
        percent = round(one.inodes_percent, 1)
        said = Message("check.disk.inodes", {"mount": one.mount, "value": percent})
        state = limits["inodes"].grade(one.inodes_percent)
        if state is not State.OK:
            judged.append((state, percent, said))
    return judged


KIND = CheckKind(
    name="disk",
    transport=Transport.SSH,
    params=Params,
    ask=ask,
    parse=parse,
    evaluate=evaluate,
    limits=(
        LimitField("space", Limits(85, 95), Unit.PERCENT),
        LimitField("inodes", Limits(95, 97), Unit.PERCENT),
    ),
    metrics=("disk.used_percent", "disk.free_bytes", "disk.inodes_percent"),
)
