"""From which figure on a host's health is a warning or critical: one table, with its sources.

`HostLimits` is the seam for editing: a check takes the limits that it is handed, and whoever
stores limits of their own for a host hands over a changed copy (`dataclasses.replace`).
"""

import math
from dataclasses import dataclass
from functools import cached_property

from itops.checks.base import Limits

GIB = 1024.0**3
DAY = 86_400.0


@dataclass(frozen=True)
class Rule:
    """Limits of one figure, how many reports in a row must pass them, and who says so."""

    limits: Limits
    source: str
    in_a_row: int = 1

    @cached_property
    def floor(self) -> float:
        """Below this a figure that is worse the higher it is needs no further look."""
        found = [
            limit for limit in (self.limits.warning, self.limits.critical) if limit is not None
        ]
        return min(found, default=math.inf)


@dataclass(frozen=True)
class HostLimits:
    """The limits of one host. For `free` figures lower is worse."""

    cpu: Rule = Rule(
        Limits(90, 98), "Prometheus node-mixin NodeCPUHighUsage: 90 %, sustained", in_a_row=5
    )
    memory: Rule = Rule(
        Limits(90, 97), "Prometheus node-mixin NodeMemoryHighUtilization: 90 %", in_a_row=3
    )
    swap: Rule = Rule(Limits(60, 90), "our decision: paging makes a ward PC unusable", in_a_row=3)
    disk_used: Rule = Rule(
        Limits(85, 95), "Checkmk's df: 80/90 %; node-mixin: 95/97 %; ours lies between"
    )
    #: A large disk with this much free is not full, whatever the percentage says.
    disk_plenty_bytes: float = 100 * GIB
    disk_free: Rule = Rule(
        Limits(2 * GIB, 0.5 * GIB), "our decision: Windows updates and databases stop below that"
    )
    #: Boot and firmware partitions are small; free bytes say nothing there.
    disk_small_bytes: float = 16 * GIB
    inodes: Rule = Rule(
        Limits(95, 97), "Prometheus node-mixin NodeFilesystemAlmostOutOfFiles: 5/3 % left"
    )
    #: Where a sensor names its own high mark that is the warning, and this much more is critical.
    temperature: Rule = Rule(Limits(85, 95), "Intel and AMD throttle at 95–105 °C", in_a_row=3)
    temperature_margin: float = 10
    clock_skew: Rule = Rule(
        Limits(30, 300), "Kerberos refuses sign-in at 5 minutes (RFC 4120, 7.5.1)"
    )
    battery: Rule = Rule(Limits(40, 15), "our decision: time to save and shut down", in_a_row=2)
    #: For this long after reports were dropped it is said.
    dropped_seconds: float = DAY
    antivirus_age: Rule = Rule(
        Limits(3 * DAY, 7 * DAY), "DISA STIG V-213453: signatures no older than 7 days"
    )


DEFAULTS = HostLimits()
#: File systems that are always full because nobody can write to them.
READ_ONLY_FILE_SYSTEMS = frozenset(
    {"iso9660", "udf", "cdfs", "squashfs", "erofs", "cramfs", "romfs"}
)
