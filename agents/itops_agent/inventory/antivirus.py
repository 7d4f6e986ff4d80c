"""Which antivirus stands guard and how old its signatures are. What is too old, the server says."""

from __future__ import annotations

import json
import re
import sys

from itops_agent import programs
from itops_agent.errors import Unseen
from itops_agent.inventory import dates
from itops_agent.probes import services

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    Product = dict[str, object]

CLAMAV = re.compile(r"ClamAV ([^/\s]+)(?:/(\d+)/(\w{3} \w{3} [ \d]\d \d\d:\d\d:\d\d \d{4}))?")
CLAMAV_SERVICES = {"clamav-daemon.service", "clamd.service", "clamd@scan.service"}
DEFENDER = "Windows Defender"
ASK_WINDOWS = (
    "$list = @(Get-CimInstance -Namespace root/SecurityCenter2 -ClassName AntiVirusProduct "
    "-ErrorAction SilentlyContinue | Select-Object displayName, productState); "
    "$d = Get-MpComputerStatus -ErrorAction SilentlyContinue | Select-Object AMProductVersion, "
    "AntivirusEnabled, RealTimeProtectionEnabled, AntivirusSignatureVersion, "
    "@{ n = 'signature_at'; e = { $_.AntivirusSignatureLastUpdated.ToUniversalTime()"
    ".ToString('o') } }; "
    "[pscustomobject]@{ products = $list; defender = $d } | ConvertTo-Json -Depth 4 -Compress"
)


def read() -> list[Product]:
    """Return the products found, none if none. Raise Unseen if it can't be told."""
    if sys.platform == "win32":
        return parse_windows(programs.powershell(ASK_WINDOWS))
    if not programs.is_installed("clamscan"):
        return []
    running = services.hint()
    is_running = bool(CLAMAV_SERVICES & set(running)) if isinstance(running, tuple) else None
    return parse_clamav(programs.output(("clamscan", "--version")), is_running=is_running)


def parse_clamav(printed: str, *, is_running: bool | None) -> list[Product]:
    """Given what `clamscan --version` printed (in UTC), return ClamAV.

    ClamAV 1.4.6/27830/Sat Nov 21 09:20:00 2026     or, without signatures:     ClamAV 1.4.6
    """
    match = CLAMAV.search(printed)
    if match is None:
        raise Unseen("error")
    engine, version, built = match.groups()
    return [
        product(
            "ClamAV",
            engine=engine,
            signature_at=dates.from_ctime(built) if built else None,
            signature_version=version,
            enabled=is_running,
            why_unknown=None if built else "no_signatures",
        )
    ]


def parse_windows(printed: str) -> list[Product]:
    """Given the JSON of ASK_WINDOWS, return every product once; Defender with its signatures.

    {"products":[{"displayName":"Windows Defender","productState":397568}],"defender":{
     "AMProductVersion":"4.18.24090.11","AntivirusEnabled":true,"RealTimeProtectionEnabled":true,
     "AntivirusSignatureVersion":"1.419.411.0","signature_at":"2026-11-21T05:10:31.0000000Z"}}
    """
    try:
        told = json.loads(printed)
        registered = [from_security_center(each) for each in programs.listed(told["products"])]
        defender = from_defender(told["defender"]) if told.get("defender") else None
    except (ValueError, KeyError, TypeError, AttributeError):
        raise Unseen("error") from None
    others = [each for each in registered if each["product"] != DEFENDER or not defender]
    return ([defender] if defender else []) + others


def from_security_center(told: dict[str, Any]) -> Product:
    """Undo productState: bits 12–15 say whether it guards, bits 4–7 whether signatures are old.

    Microsoft does not document them; this reading is the one that all tools share.
    """
    state = int(told["productState"])
    name = str(told["displayName"])
    return product(
        DEFENDER if name == "Microsoft Defender Antivirus" else name,
        enabled=(state >> 12) & 0xF == 1,
        up_to_date=(state >> 4) & 0xF == 0,
        why_unknown="not_told",
    )


def from_defender(told: dict[str, Any]) -> Product:
    return product(
        DEFENDER,
        engine=told.get("AMProductVersion") or None,
        signature_at=dates.from_iso(told.get("signature_at")),
        signature_version=told.get("AntivirusSignatureVersion") or None,
        enabled=bool(told.get("AntivirusEnabled") and told.get("RealTimeProtectionEnabled")),
    )


def product(  # noqa: PLR0913  (the fields of the wire)
    name: str,
    *,  # as in the wire: all may be unknown
    engine: str | None = None,
    signature_at: float | None = None,
    signature_version: str | None = None,
    enabled: bool | None = None,
    up_to_date: bool | None = None,
    why_unknown: str | None = None,
) -> Product:
    return {
        "product": name,
        "engine_version": engine,
        "signature_at": signature_at,
        "signature_version": signature_version,
        "enabled": enabled,
        "up_to_date": up_to_date,
        "why_unknown": why_unknown,
    }
