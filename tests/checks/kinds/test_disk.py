"""How full file systems are."""

import pytest

from itops.checks.base import Limits, State
from itops.checks.kinds.disk import FileSystem, parse
from tests.checks.reading import NONSENSE, found, output, sample

TWO = """\
文件系统              1024-块      已用      可用 容量 挂载点
/dev/sda1         41152736 12037462  27001290      31% /
//nas01/lis archive 961301832 913236740   1240012     100% /srv/pacs archive
inodes
Filesystem      Inodes  IUsed   IFree IUse% Mounted on
/dev/sda1      2621440 2595225   26215   99% /
//nas01/lis archive  0      0       0     - /srv/pacs archive
end
"""


@pytest.mark.parametrize("name", ["debian-12", "busybox-1.35"])
def test_real_listings_are_read_without_what_lives_in_memory(name):
    (root,) = parse(sample(f"df/{name}.txt"))
    assert (root.mount, root.free_bytes) in (("/", 78463264 * 1024), ("/", 78461584 * 1024))
    assert root.used_percent == pytest.approx(26.25, abs=0.1)
    assert root.inodes_percent == pytest.approx(2.9, abs=0.1)


def test_spaces_in_devices_and_mount_points_are_kept():
    root, archive = parse(output(TWO))
    assert (root.mount, round(root.inodes_percent or 0)) == ("/", 99)
    assert archive == FileSystem("/srv/pacs archive", 913236740 * 1024, 1240012 * 1024)


def test_the_worst_file_system_decides_and_is_named():
    finding = found("disk", output(TWO))
    assert finding.state is State.CRITICAL
    assert finding.message.params == {"mount": "/srv/pacs archive", "value": 99.9}
    assert finding.metrics["disk.used_percent:/srv/pacs archive"] == 99.86
    assert finding.metrics["disk.free_bytes:/"] == 27001290 * 1024


def test_inodes_can_be_what_is_full():
    finding = found("disk", output(TWO), mount="/")
    assert (finding.state, finding.message.key) == (State.CRITICAL, "check.disk.inodes")


@pytest.mark.parametrize(
    ("used", "state"),
    [(84, State.OK), (85, State.WARNING), (94, State.WARNING), (95, State.CRITICAL)],
)
def test_limits_include_their_own_value(used, state):
    text = f"head\n/dev/sda1 100 {used} {100 - used} {used}% /\ninodes\nhead\nend\n"
    assert found("disk", output(text)).state is state


def test_limits_may_be_set():
    limits = {"space": Limits(10, None), "inodes": Limits()}
    assert found("disk", output(TWO), limits, mount="/").state is State.WARNING


def test_a_file_system_that_is_gone_is_unknown():
    finding = found("disk", output(TWO), mount="/srv/backup")
    assert (finding.state, finding.message.key) == (State.UNKNOWN, "check.disk.not_mounted")


def test_a_listing_that_came_twice_counts_once():
    """`df -l` may fail after it has printed, and is then asked again without it."""
    sizes, _, inodes = TWO.partition("inodes\n")
    assert parse(output(f"{sizes}{sizes}inodes\n{inodes}")) == parse(output(TWO))


@pytest.mark.parametrize(
    "text", [*NONSENSE, TWO[:150], TWO[:-90], TWO[:-5], TWO.replace("\ninodes", "")]
)
def test_what_cannot_be_read_is_unknown(text):
    assert found("disk", output(text)).state is State.UNKNOWN
