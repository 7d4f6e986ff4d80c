"""How many updates wait, as far as the system knows by itself. Nothing is fetched for it."""

from __future__ import annotations

import json
import os
import re
import sys

from itops_agent import programs
from itops_agent.errors import Unseen
from itops_agent.inventory import dates

TYPE_CHECKING = False
if TYPE_CHECKING:
    Updates = dict[str, object]

APT = ("apt-get", "--simulate", "-o", "Debug::NoLocking=true", "dist-upgrade")
APT_LINE = re.compile(r"^Inst \S+ \[[^\]]*\] \((?P<origin>[^)]*)\)", re.MULTILINE)
APT_STAMPS = (
    "/var/lib/apt/periodic/update-success-stamp",
    "/var/cache/apt/pkgcache.bin",
    "/var/lib/apt/lists",
)
DNF = ("dnf", "--quiet", "--cacheonly", "check-update")
DNF_SECURITY = ("dnf", "--quiet", "--cacheonly", "--security", "check-update")
DNF_UPDATES_WAIT = 100
DNF_LINE = re.compile(r"^\S+\.(?:noarch|x86_64|aarch64|i[3-6]86|ppc64le|s390x|src)\s+\S+\s+\S+$")
DNF_STAMPS = ("/var/cache/dnf/last_makecache", "/var/cache/dnf", "/var/cache/libdnf5")
ASK_WINDOWS = (
    "$s = (New-Object -ComObject Microsoft.Update.Session).CreateUpdateSearcher(); "
    "$s.Online = $false; $r = $s.Search('IsInstalled=0 and IsHidden=0'); "
    "$at = (New-Object -ComObject Microsoft.Update.AutoUpdate).Results.LastSearchSuccessDate; "
    "[pscustomobject]@{ pending = $r.Updates.Count; security = @($r.Updates | Where-Object { "
    "@($_.Categories | Where-Object CategoryID -eq '0fa1201d-4330-4fa8-8ae9-b877473b6441').Count "
    "}).Count; checked_at = $(if ($at) { ([datetime]$at).ToString('s') + 'Z' }) } "
    "| ConvertTo-Json -Compress"
)


def read() -> Updates:
    """Return how many updates wait and as of when; why not, where that can't be told."""
    try:
        if sys.platform == "win32":
            return parse_windows(programs.powershell(ASK_WINDOWS, seconds=180))
        return from_packages()
    except Unseen as unseen:
        return {"pending": None, "security": None, "checked_at": None, "why_unknown": unseen.why}


def from_packages() -> Updates:
    if programs.is_installed("apt-get"):
        return parse_apt(programs.output(APT, seconds=120), checked_at=newest(APT_STAMPS))
    wait = (0, DNF_UPDATES_WAIT)
    whole = programs.output(DNF, seconds=120, ok=wait)
    security = programs.output(DNF_SECURITY, seconds=120, ok=wait)
    return parse_dnf(whole, security, checked_at=newest(DNF_STAMPS))


def parse_apt(printed: str, *, checked_at: float | None) -> Updates:
    """Given what APT printed, count the upgrades; new packages that come along don't count.

    Inst openssl [3.0.15-1~deb12u1] (3.0.17-1~deb12u3 Debian-Security:12/oldstable-security [amd64])
    """
    origins = [match["origin"] for match in APT_LINE.finditer(printed)]
    security = sum("security" in origin.lower() for origin in origins)
    return counted(len(origins), security, checked_at)


def parse_dnf(whole: str, security: str, *, checked_at: float | None) -> Updates:
    """Given what DNF and DNF_SECURITY printed, count their lines, up to the obsoletes.

    kernel.x86_64                    4.18.0-553.81.1.el8_10                  baseos
    """
    return counted(dnf_lines(whole), dnf_lines(security), checked_at)


def dnf_lines(printed: str) -> int:
    listed = printed.partition("Obsoleting Packages")[0]
    return sum(DNF_LINE.match(line) is not None for line in listed.splitlines())


def parse_windows(printed: str) -> Updates:
    """Given the JSON of ASK_WINDOWS, return it in the wire's words.

    {"pending":3,"security":1,"checked_at":"2026-11-21T02:11:09Z"}
    """
    try:
        told = json.loads(printed)
        return counted(
            int(told["pending"]), int(told["security"]), dates.from_iso(told.get("checked_at"))
        )
    except (ValueError, KeyError, TypeError, AttributeError):
        raise Unseen("error") from None


def counted(pending: int, security: int, checked_at: float | None) -> Updates:
    return {
        "pending": pending,
        "security": security,
        "checked_at": checked_at,
        "why_unknown": None,
    }


def newest(paths: tuple[str, ...]) -> float | None:
    """Return when the first of these that exists was written."""
    for path in paths:
        try:
            return round(os.stat(path).st_mtime, 1)
        except OSError:
            continue
    return None
