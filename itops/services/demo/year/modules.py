"""The demo's software modules, and who needs whom: servers, their UPS, departments."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from itops.db import db
from itops.models import Dependency, DependencyKind, Role, SystemModule
from itops.services.demo.year.known import YEAR_DAYS, Known
from itops.services.modules.graph import Node, NodeKind
from itops.services.modules.templates import TEMPLATES, Template


@dataclass(frozen=True)
class DemoModule:
    """What the hospital knows of a module beside what its template says."""

    department: str
    owner: Role
    version: str
    vendor: str
    runs_on: tuple[str, ...]
    needs: tuple[str, ...] = ()
    serves: tuple[str, ...] = ()
    #: The port at which the module itself answers, and whether that is a page.
    port: int = 443
    is_page: bool = True


_ENGINEER, _DUTY, _HEAD = Role.ENGINEER, Role.DUTY_OFFICER, Role.HEAD
_WARDS = ("内科", "外科", "骨科", "妇产科", "儿科", "重症医学科")
_CLINICS = ("口腔科", "眼科", "耳鼻喉科", "中医科", "康复科")

#: By code; the vendors are invented.
MODULES = {
    "HIS": DemoModule(
        "医务科",
        _HEAD,
        "6.4.2",
        "演示软件公司",
        ("HIS-DB-01", "HIS-APP-01"),
        serves=("收费处", "住院处", "急诊科", *_WARDS, *_CLINICS),
        port=5432,
        is_page=False,
    ),
    "EMR": DemoModule(
        "医务科",
        _ENGINEER,
        "5.1.0",
        "演示病历公司",
        ("EMR-DB-01", "EMR-APP-01"),
        ("HIS",),
        (*_WARDS, "急诊科"),
    ),
    "LIS": DemoModule(
        "检验科",
        _ENGINEER,
        "3.8.5",
        "演示检验软件公司",
        ("LIS-SRV-01",),
        ("HIS",),
        ("检验科", "急诊科", "重症医学科"),
        port=5432,
        is_page=False,
    ),
    "PACS": DemoModule(
        "放射科",
        _DUTY,
        "4.2.1",
        "演示影像公司",
        ("PACS-DB-01", "PACS-APP-01", "PACS-ARC-01"),
        serves=("放射科", "超声科", "急诊科", "骨科"),
        port=104,
        is_page=False,
    ),
    "RIS": DemoModule(
        "放射科",
        _DUTY,
        "4.2.0",
        "演示影像公司",
        ("PACS-APP-01",),
        ("PACS",),
        ("放射科",),
        port=8443,
    ),
    "PHARMACY": DemoModule(
        "药剂科", _HEAD, "6.4.2", "演示软件公司", ("HIS-APP-01",), ("HIS",), ("药剂科",), port=8081
    ),
    "NURSE": DemoModule(
        "护理部", _ENGINEER, "6.4.0", "演示软件公司", ("HIS-APP-02",), ("HIS",), _WARDS, port=8082
    ),
    "ANAESTHESIA": DemoModule(
        "手术麻醉科",
        _ENGINEER,
        "2.3",
        "演示手术软件公司",
        ("EMR-APP-01",),
        ("EMR",),
        ("手术麻醉科",),
        port=8083,
    ),
    "BLOOD": DemoModule(
        "检验科", _ENGINEER, "2.0.7", "演示检验软件公司", ("LIS-SRV-01",), ("LIS",), ("检验科",)
    ),
    "INSURANCE": DemoModule(
        "财务科",
        _DUTY,
        "2026.3",
        "演示医保接口公司",
        ("INS-GW-01",),
        ("HIS",),
        ("收费处", "住院处", "财务科"),
        port=7001,
        is_page=False,
    ),
    "CHECKUP": DemoModule(
        "体检中心",
        _ENGINEER,
        "3.1",
        "演示体检软件公司",
        ("HIS-APP-02",),
        ("LIS",),
        ("体检中心",),
        port=8084,
    ),
    "CARD": DemoModule(
        "财务科", _DUTY, "1.9", "演示软件公司", ("HIS-APP-01",), ("HIS",), ("收费处",), port=8085
    ),
    "QUEUE": DemoModule(
        "医务科", _DUTY, "2.2", "演示叫号公司", ("WEB-01",), serves=_CLINICS, port=8086
    ),
    "OA": DemoModule(
        "信息科",
        _HEAD,
        "11.0",
        "演示办公软件公司",
        ("FILE-01",),
        serves=("医务科", "护理部", "财务科", "后勤科"),
        port=8087,
    ),
}
#: The UPS units of the machine room by tag, and the servers that each of them feeds.
POWER = {
    "UPS-0001": ("HIS-DB-01", "HIS-DB-02", "HIS-APP-01", "HIS-APP-02", "AD-01"),
    "UPS-0002": ("LIS-SRV-01", "EMR-DB-01", "EMR-APP-01", "INS-GW-01", "ESB-01", "AD-02"),
    "UPS-0003": ("PACS-DB-01", "PACS-APP-01", "PACS-ARC-01", "BAK-01", "FILE-01"),
}
#: The switch through which the machine room's servers are reached.
CORE_SWITCH = "JH-0001"
BEHIND_THE_SWITCH = ("HIS-DB-01", "HIS-APP-01", "HIS-APP-02", "LIS-SRV-01", "EMR-DB-01")


def make_modules(known: Known) -> None:
    """Register the fourteen modules, and draw the arrows."""
    for each in TEMPLATES:
        db.session.add(_module(each, MODULES[each.code], known))
    db.session.flush()
    db.session.add_all(_arrows(known))


def _module(template: Template, more: DemoModule, known: Known) -> SystemModule:
    since = known.at - timedelta(days=YEAR_DAYS)
    return SystemModule(
        code=template.code,
        name=template.name,
        name_en=template.name_en,
        site_id=known.hospital.id,
        department_id=known.departments[more.department].id,
        owner_id=known.people[more.owner].id,
        software_version=more.version,
        vendor=more.vendor,
        vendor_phone="400-000-0000",
        criticality=template.criticality,
        rpo_minutes=template.rpo_minutes,
        rto_minutes=template.rto_minutes,
        meanwhile=template.meanwhile,
        meanwhile_en=template.meanwhile_en,
        created_at=since,
        updated_at=since,
        is_demo=True,
    )


def _arrows(known: Known) -> Iterator[Dependency]:
    for code, more in MODULES.items():
        module = Node(NodeKind.MODULE, known.modules[code].id)
        for machine in more.runs_on:
            yield _arrow(DependencyKind.RUNS_ON, module, _machine(machine, known))
        for needed in more.needs:
            lower = Node(NodeKind.MODULE, known.modules[needed].id)
            yield _arrow(DependencyKind.NEEDS, module, lower)
        for name in more.serves:
            upper = Node(NodeKind.DEPARTMENT, known.departments[name].id)
            yield _arrow(DependencyKind.SERVES, upper, module)
    for tag, machines in POWER.items():
        ups = Node(NodeKind.ASSET, known.assets[tag].id)
        for machine in machines:
            yield _arrow(DependencyKind.POWERED_BY, _machine(machine, known), ups)
    switch = Node(NodeKind.ASSET, known.assets[CORE_SWITCH].id)
    for machine in BEHIND_THE_SWITCH:
        yield _arrow(DependencyKind.NEEDS, _machine(machine, known), switch)


def _machine(name: str, known: Known) -> Node:
    return Node(NodeKind.ASSET, known.asset_of(name).id)


def _arrow(kind: DependencyKind, upper: Node, lower: Node) -> Dependency:
    return Dependency(
        kind=kind,
        arrow=f"{upper} > {lower}",
        is_demo=True,
        **{f"upper_{upper.kind}_id": upper.id},
        **{f"lower_{lower.kind}_id": lower.id},
    )
