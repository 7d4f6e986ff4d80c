"""The modules that hospitals run, as a start: names, how critical, what may be lost, what to do.

Recovery figures are proposals to be changed: outpatient work tolerates 5 minutes and inpatient
work 30 (hospital rules on planned stops), the laboratory and pictures an hour, offices a day.
"""

from dataclasses import dataclass

from itops.models import Criticality


@dataclass(frozen=True)
class Template:
    """A module as the form is filled with it."""

    code: str
    name: str
    name_en: str
    criticality: Criticality
    rpo_minutes: int
    rto_minutes: int
    meanwhile: str
    meanwhile_en: str


_PAPER = "用纸质单据，恢复后补录。"
_PAPER_EN = "Use the paper forms and enter them when it is back."

TEMPLATES = (
    Template(
        "HIS",
        "医院信息系统",
        "Hospital information system",
        Criticality.LIFE,
        5,
        30,
        "挂号收费用手工收据；医嘱写在纸质医嘱单上。",
        "Register and bill with hand-written receipts; write orders on the paper order sheet.",
    ),
    Template(
        "EMR",
        "电子病历系统",
        "Electronic medical records",
        Criticality.HIGH,
        15,
        60,
        "病程写在纸质病历上，恢复后补录。",
        "Write the notes on paper and enter them when it is back.",
    ),
    Template(
        "LIS",
        "检验信息系统",
        "Laboratory information system",
        Criticality.HIGH,
        15,
        60,
        "急诊标本送检验科窗口，电话报告危急值。",
        "Bring urgent samples to the laboratory's window; critical values are told by phone.",
    ),
    Template(
        "PACS",
        "影像归档和通信系统",
        "Picture archiving and communication",
        Criticality.HIGH,
        60,
        120,
        "急诊片在设备上阅片，电话报告。",
        "Read urgent pictures at the device; the report is told by phone.",
    ),
    Template(
        "RIS",
        "放射信息系统",
        "Radiology information system",
        Criticality.NORMAL,
        60,
        120,
        _PAPER,
        _PAPER_EN,
    ),
    Template(
        "PHARMACY",
        "药房管理系统",
        "Pharmacy system",
        Criticality.HIGH,
        15,
        60,
        "凭纸质处方发药，恢复后补录。",
        "Dispense on paper prescriptions; enter them later.",
    ),
    Template(
        "NURSE",
        "护士工作站",
        "Nurses' workstation",
        Criticality.HIGH,
        15,
        30,
        "执行纸质医嘱单，双人核对。",
        "Carry out the paper orders; two people check.",
    ),
    Template(
        "ANAESTHESIA",
        "手术麻醉系统",
        "Operating theatre and anaesthesia",
        Criticality.HIGH,
        15,
        60,
        "用纸质麻醉记录单。",
        "Use the paper anaesthesia record.",
    ),
    Template(
        "BLOOD",
        "输血管理系统",
        "Blood bank system",
        Criticality.LIFE,
        15,
        60,
        "用纸质申请单，双人核对血型。",
        "Use the paper request; two people check the group.",
    ),
    Template(
        "INSURANCE",
        "医保接口",
        "Health insurance interface",
        Criticality.HIGH,
        60,
        240,
        "先自费结算并登记，恢复后补结。",
        "Bill privately and note it down; settle it later.",
    ),
    Template(
        "CHECKUP",
        "体检系统",
        "Health check-up system",
        Criticality.NORMAL,
        240,
        480,
        _PAPER,
        _PAPER_EN,
    ),
    Template(
        "CARD",
        "门诊一卡通",
        "Outpatient card",
        Criticality.HIGH,
        15,
        60,
        "持身份证件在窗口办理。",
        "Go to the counter with an identity document.",
    ),
    Template(
        "QUEUE",
        "排队叫号系统",
        "Queue calling",
        Criticality.NORMAL,
        240,
        240,
        "人工叫号。",
        "Call the numbers by voice.",
    ),
    Template(
        "OA",
        "办公自动化系统",
        "Office automation",
        Criticality.LOW,
        1440,
        1440,
        _PAPER,
        _PAPER_EN,
    ),
)


def template(code: str) -> Template | None:
    """Return the template of this code, if there is one."""
    return next((one for one in TEMPLATES if one.code == code), None)
