"""Plans that itops proposes, in both languages; every line of them may be changed in the form."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from itops.models import Counts
from itops.services.maintenance.checklists import Asks, Question
from itops.services.maintenance.recurrence import Unit


class Target(StrEnum):
    """What a plan is about."""

    ASSET = "asset"
    TYPE = "type"
    MODULE = "module"
    PLACE = "place"


@dataclass(frozen=True, kw_only=True)
class Template:
    """A plan to begin with; `source` says where the interval comes from."""

    name: str
    name_en: str
    target: Target
    type_key: str = ""
    unit: Unit
    every: int = 1
    counts: Counts = Counts.SCHEDULE
    lead_days: int = 0
    evidence_rule: str = "attested"
    needs_sign_off: bool = False
    questions: tuple[Question, ...] = ()
    source: str


def _asked(*lines: tuple[Asks, str, str]) -> tuple[Question, ...]:
    return tuple(
        Question(key=f"q{at}", kind=kind, text=text, text_en=text_en)
        for at, (kind, text, text_en) in enumerate(lines, start=1)
    )


_SIGNED = (Asks.SIGNATURE, "签字", "Signature")
_DUST = _asked(
    (Asks.PHOTO, "除尘前照片", "Photo before"),
    (Asks.YES_NO, "风扇、滤网、电源、散热片已清", "Fans, filters, power supply, heat sinks clean"),
    (Asks.YES_NO, "开机正常，没有异响", "It starts well and sounds as it should"),
    (Asks.PHOTO, "除尘后照片", "Photo after"),
    _SIGNED,
)
_ROOM = (
    Question(
        key="q1",
        kind=Asks.READING,
        text="温度",
        text_en="Temperature",
        unit="°C",
        low=15,
        high=30,
    ),
    Question(
        key="q2",
        kind=Asks.READING,
        text="相对湿度",
        text_en="Relative humidity",
        unit="%",
        low=20,
        high=80,
    ),
    Question(
        key="q3",
        kind=Asks.YES_NO,
        text="服务器没有报警灯和异响",
        text_en="No server shows a fault light or sounds wrong",
    ),
    Question(
        key="q4",
        kind=Asks.YES_NO,
        text="昨夜备份完成",
        text_en="Last night's backup is complete",
    ),
    Question(
        key="q5",
        kind=Asks.YES_NO,
        text="UPS 在线，没有报警",
        text_en="The UPS is on line without an alarm",
    ),
    Question(
        key="q6",
        kind=Asks.YES_NO,
        text="空调运行，没有漏水",
        text_en="Air conditioning runs, no water leaks",
    ),
    Question(
        key="q7",
        kind=Asks.YES_NO,
        text="门锁、消防、整洁",
        text_en="Lock, fire extinguishers, order",
    ),
    Question(key="q8", kind=Asks.SIGNATURE, text="签字", text_en="Signature"),
)
_DATABASE = _asked(
    (Asks.YES_NO, "数据库运行、可以登录", "The database runs and takes sign-ins"),
    (Asks.YES_NO, "表空间、磁盘够用", "Table spaces and disks have room"),
    (Asks.YES_NO, "定时作业全部成功", "Every scheduled job succeeded"),
    (Asks.YES_NO, "错误日志没有新的严重错误", "The error log has no new serious error"),
    (Asks.YES_NO, "昨夜备份在，大小正常", "Last night's backup is there, of the usual size"),
    _SIGNED,
)
_UPS_TEST = _asked(
    (Asks.YES_NO, "自检通过", "The self-test passed"),
    (Asks.PHOTO, "面板照片", "Photo of the panel"),
    _SIGNED,
)
_UPS_RUNTIME = (
    Question(
        key="q1",
        kind=Asks.READING,
        text="测得续航",
        text_en="Runtime measured",
        unit="min",
        low=10,
    ),
    Question(key="q2", kind=Asks.READING, text="负载", text_en="Load", unit="%", high=80),
    Question(
        key="q3",
        kind=Asks.READING,
        text="电池温度",
        text_en="Battery temperature",
        unit="°C",
        high=30,
        required=False,
    ),
    Question(
        key="q4",
        kind=Asks.YES_NO,
        text="够服务器正常关机",
        text_en="Enough for the servers to shut down",
    ),
    Question(key="q5", kind=Asks.SIGNATURE, text="签字", text_en="Signature"),
)

TEMPLATES: Mapping[str, Template] = MappingProxyType(
    {
        "antivirus": Template(
            name="病毒库更新",
            name_en="Antivirus updates",
            target=Target.TYPE,
            type_key="workstation",
            unit=Unit.WEEK,
            evidence_rule="antivirus_signatures",
            source="DISA STIG V-213453",
        ),
        "database": Template(
            name="数据库日检",
            name_en="Database check",
            target=Target.MODULE,
            unit=Unit.DAY,
            questions=_DATABASE,
            source="hospital_rules",
        ),
        "backup": Template(
            name="备份核对",
            name_en="Backup check",
            target=Target.MODULE,
            unit=Unit.DAY,
            evidence_rule="verified_backup",
            source="hospital_rules",
        ),
        "room_round": Template(
            name="机房巡检",
            name_en="Machine-room round",
            target=Target.PLACE,
            unit=Unit.DAY,
            questions=_ROOM,
            source="hospital_rules",
        ),
        "dust_servers": Template(
            name="服务器除尘",
            name_en="Dust cleaning, servers",
            target=Target.TYPE,
            type_key="server",
            unit=Unit.MONTH,
            every=12,
            counts=Counts.COMPLETION,
            lead_days=14,
            evidence_rule="attested_photo",
            questions=_DUST,
            source="hospital_rules",
        ),
        "dust_workstations": Template(
            name="工作站除尘",
            name_en="Dust cleaning, workstations",
            target=Target.TYPE,
            type_key="workstation",
            unit=Unit.MONTH,
            every=6,
            counts=Counts.COMPLETION,
            lead_days=14,
            evidence_rule="attested_photo",
            questions=_DUST,
            source="office_guide",
        ),
        "dust_exposed": Template(
            name="窗口、药房、村卫生室除尘",
            name_en="Dust cleaning, windows, pharmacy, villages",
            target=Target.TYPE,
            type_key="workstation",
            unit=Unit.MONTH,
            every=3,
            counts=Counts.COMPLETION,
            lead_days=7,
            evidence_rule="attested_photo",
            questions=_DUST,
            source="office_guide",
        ),
        "ups_self_test": Template(
            name="UPS 自检",
            name_en="UPS self-test",
            target=Target.TYPE,
            type_key="ups",
            unit=Unit.DAY,
            every=14,
            lead_days=2,
            evidence_rule="attested_photo",
            questions=_UPS_TEST,
            source="vendor_manuals",
        ),
        "ups_runtime": Template(
            name="UPS 放电测试",
            name_en="UPS runtime test",
            target=Target.TYPE,
            type_key="ups",
            unit=Unit.MONTH,
            every=12,
            counts=Counts.COMPLETION,
            lead_days=14,
            needs_sign_off=True,
            questions=_UPS_RUNTIME,
            source="vendor_manuals",
        ),
    }
)
