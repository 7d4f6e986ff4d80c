"""The demo's remote checks: what is looked at on which of its machines, about sixty."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from itops.services.demo.hospital import SERVERS
from itops.services.demo.year.modules import MODULES

#: The words in the names of checks.
IN_ENGLISH = {
    "登录页": "sign-in page",
    "端口": "port",
    "证书": "certificate",
    "磁盘": "disks",
    "负载": "load",
    "时钟": "clock",
    "服务": "service",
    "供电": "power",
    "备份文件": "backup file",
}


@dataclass(frozen=True)
class DemoCheck:
    """A check of a module or of a machine, by the names of both; a UPS is known by its tag."""

    name: str
    kind: str
    params: Mapping[str, Any] = field(default_factory=dict)
    module: str = ""
    machine: str = ""
    ups: str = ""
    #: Of the modules whose backup file is looked at.
    backup_of: str = ""

    @property
    def name_en(self) -> str:
        """The name with its Chinese words in English."""
        told = self.name
        for word, word_en in IN_ENGLISH.items():
            told = told.replace(word, word_en)
        return told

    @property
    def number(self) -> int:
        """A number of its own, from which its figures follow."""
        return sum(ord(letter) * place for place, letter in enumerate(self.name, start=1))


LINUX = tuple(role.name for role in SERVERS if not role.is_windows)
WINDOWS = tuple(role.name for role in SERVERS if role.is_windows)
#: The service that matters on each Linux server.
SERVICES = {"PACS-ARC-01": "dcm4chee", "ESB-01": "esb", "BAK-01": "restic-rest", "WEB-01": "nginx"}
#: UPS units with a network card of their own; the machine room's are asked through NUT.
UPS_BY_NUT = ("UPS-0001", "UPS-0002", "UPS-0003")
UPS_BY_SNMP = ("UPS-0004", "UPS-0005", "UPS-0006", "UPS-0007")
#: Modules whose newest backup file is looked at on the backup server.
BACKUP_FILES = ("HIS", "EMR", "LIS", "PACS", "PHARMACY")
CERTIFICATES = ("WEB-01", "INS-GW-01")


def check_list() -> list[DemoCheck]:
    """Return every check, modules first."""
    return [*_of_modules(), *_of_windows(), *_of_linux(), *_of_ups(), *_of_backups()]


def _of_modules() -> Iterator[DemoCheck]:
    for code, more in MODULES.items():
        if more.is_page:
            page = {"port": more.port, "path": "/", "is_tls": more.port == 443}
            yield DemoCheck(f"{code} 登录页", "http", page, module=code)
        else:
            yield DemoCheck(f"{code} 端口 {more.port}", "tcp", {"port": more.port}, module=code)


def _of_windows() -> Iterator[DemoCheck]:
    for name in WINDOWS:
        port = 1433 if "-DB-" in name else 445
        yield DemoCheck(f"{name} 端口 {port}", "tcp", {"port": port}, machine=name)
    for name in CERTIFICATES:
        yield DemoCheck(f"{name} 证书", "tls", {"port": 443}, machine=name)


def _of_linux() -> Iterator[DemoCheck]:
    for name in LINUX:
        yield DemoCheck(f"{name} 磁盘", "disk", machine=name)
        yield DemoCheck(f"{name} 负载", "load", machine=name)
        yield DemoCheck(f"{name} 时钟", "clock", machine=name)
    for name, unit in SERVICES.items():
        yield DemoCheck(f"{name} 服务 {unit}", "service", {"unit": unit}, machine=name)


def _of_ups() -> Iterator[DemoCheck]:
    for tag in UPS_BY_NUT:
        yield DemoCheck(f"{tag} 供电", "ups_nut", {"ups": tag.lower()}, ups=tag)
    for tag in UPS_BY_SNMP:
        yield DemoCheck(f"{tag} 供电", "ups_snmp", {}, ups=tag)


def _of_backups() -> Iterator[DemoCheck]:
    for code in BACKUP_FILES:
        folder = {"path": f"/srv/backup/{code.lower()}", "pattern": f"{code.lower()}-*.dump"}
        yield DemoCheck(f"{code} 备份文件", "file", folder, machine="BAK-01", backup_of=code)
