"""What is installed, by Debian's, RPM's or Windows' own list; nothing of users."""

from __future__ import annotations

import sys

from itops_agent import programs
from itops_agent.errors import Unseen
from itops_agent.inventory import registry

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    Package = dict[str, object]

PACKAGES = 10_000  # with their nodes, what fits in an inventory
DPKG = (
    "dpkg-query", "--show",
    "--showformat=${db:Status-Abbrev}\\t${Package}\\t${Version}\\t${Architecture}\\t${Maintainer}\\n",
)  # fmt: skip
RPM = (
    "rpm", "--query", "--all",
    "--queryformat=%{NAME}\\t%{EPOCH}\\t%{VERSION}-%{RELEASE}\\t%{ARCH}\\t%{VENDOR}\\n",
)  # fmt: skip


def read() -> list[Package]:
    """Return what is installed, by name. Raise Unseen where no list can be read."""
    if sys.platform == "win32":
        return bounded(parse_uninstall(registry.uninstall_entries()))
    if programs.is_installed("dpkg-query"):
        return bounded(parse_dpkg(programs.output(DPKG, seconds=60)))
    return bounded(parse_rpm(programs.output(RPM, seconds=120)))


def parse_dpkg(printed: str) -> list[Package]:
    r"""Given what DPKG printed, return the packages that are installed (not merely known).

    ii \tadduser\t3.134\tall\tDebian Adduser Developers <adduser@packages.debian.org>
    rc \tlinux-image-6.1.0-9-amd64\t6.1.27-1\tamd64\tDebian Kernel Team <…>
    """
    rows = [line.split("\t") for line in printed.splitlines()]
    return [
        package(name, version, person.partition(" <")[0], arch)
        for status, name, version, arch, person in (row for row in rows if len(row) == 5)
        if status[1:2] == "i"
    ]


def parse_rpm(printed: str) -> list[Package]:
    r"""Given what RPM printed, return the packages.

    bash\t(none)\t4.4.20-4.el8_6\tx86_64\tCentOS
    """
    rows = [line.split("\t") for line in printed.splitlines()]
    return [
        package(name, version if epoch in ("(none)", "0") else f"{epoch}:{version}", maker, arch)
        for name, epoch, version, arch, maker in (row for row in rows if len(row) == 5)
        if name != "gpg-pubkey"
    ]


def parse_uninstall(entries: Iterable[tuple[str, dict[str, object]]]) -> list[Package]:
    """Given the registry's entries, return what "Apps & features" shows: no parts, no patches."""
    return [
        package(told["DisplayName"], told.get("DisplayVersion"), told.get("Publisher"), arch)
        for arch, told in entries
        if told.get("DisplayName")
        and told.get("SystemComponent") != 1
        and not told.get("ParentKeyName")
    ]


def package(name: object, version: object, publisher: object, arch: object) -> Package:
    maker = str(publisher or "").strip()
    return {
        "name": str(name).strip(),
        "version": str(version or "").strip(),
        "publisher": None if maker in ("", "(none)") else maker,
        "arch": str(arch).strip() if arch and arch != "(none)" else None,
    }


def bounded(packages: list[Package]) -> list[Package]:
    """Return each package once, by name. Raise Unseen if there is none: no system has none."""
    if not packages:
        raise Unseen("error")
    unique = {(p["name"], p["version"], p["arch"] or ""): p for p in packages}
    return [unique[key] for key in sorted(unique, key=str)][:PACKAGES]
