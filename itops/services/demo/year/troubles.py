"""What went wrong in the demo hospital's year; alerts, outages and tickets are made of this.

Most days nothing did. Days are counted back from the present, hours are the hospital's.
"""

from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Outage:
    """A module did not work for a while, and what it was."""

    days_ago: int
    hour: int
    minute: int
    minutes: int
    module: str
    department: str
    people: int
    #: In the words of who reported it, and of who solved it.
    said: str
    solved: str


OUTAGES = (
    Outage(341, 9, 12, 34, "INSURANCE", "收费处", 4, "医保结算报错", "医保中心线路恢复，已补结"),
    Outage(322, 14, 5, 22, "LIS", "检验科", 3, "检验报告发不出去", "重启检验服务，清理队列"),
    Outage(303, 8, 40, 41, "HIS", "收费处", 11, "挂号界面打不开", "数据库连接用完，加大连接数"),
    Outage(280, 16, 20, 55, "PACS", "放射科", 3, "调不出图像", "归档服务器重启后恢复"),
    Outage(259, 10, 30, 18, "QUEUE", "眼科", 2, "叫号屏不动", "重启叫号服务"),
    Outage(233, 11, 2, 47, "INSURANCE", "住院处", 5, "出院结算卡住", "更换前置机网线"),
    Outage(214, 15, 45, 26, "EMR", "内科", 6, "病历保存失败", "应用服务器内存不足，已重启"),
    Outage(188, 3, 10, 38, "LIS", "检验科", 1, "夜里停电后检验系统起不来", "UPS 恢复后手动启动"),
    Outage(187, 2, 50, 52, "PACS", "急诊科", 1, "急诊调不出片", "停电后存储没有自动启动"),
    Outage(151, 13, 30, 15, "CARD", "收费处", 3, "一卡通充值失败", "证书换新"),
    Outage(129, 9, 50, 29, "LIS", "检验科", 4, "条码打不出来", "升级补丁回退"),
    Outage(104, 17, 15, 63, "OA", "医务科", 2, "公文打不开", "文件服务器磁盘清理"),
    Outage(76, 8, 25, 18, "HIS", "急诊科", 9, "医嘱提交不了", "锁表，结束卡住的会话"),
    Outage(47, 19, 40, 31, "PACS", "放射科", 2, "上传图像慢，后来断开", "交换机端口更换"),
    Outage(33, 10, 10, 44, "INSURANCE", "收费处", 6, "医保读不了卡", "医保中心升级，按通知等待"),
    Outage(18, 14, 50, 21, "EMR", "外科", 5, "电子病历登不上", "许可服务重启"),
    Outage(9, 11, 35, 24, "LIS", "检验科", 3, "仪器结果传不进来", "接口程序重启，磁盘临时清理"),
)


@dataclass(frozen=True)
class PowerCut:
    """The mains failed; the UPS units of the machine room carried the servers."""

    days_ago: int
    hour: int
    minute: int
    minutes: int


POWER_CUTS = (PowerCut(298, 13, 20, 7), PowerCut(188, 3, 2, 24), PowerCut(61, 18, 45, 4))

#: The laboratory's backup has not come since so many days: its server's disk is full.
LIS_BACKUP_LATE_DAYS = 2


def is_on_battery(moment_days_ago: float, hour_minutes: float) -> bool:
    """Whether the mains had failed so many days ago, at so many minutes of the day."""
    return any(
        cut.days_ago == moment_days_ago
        and 0 <= hour_minutes - (cut.hour * 60 + cut.minute) < cut.minutes
        for cut in POWER_CUTS
    )


def outages_of(module: str) -> Iterator[Outage]:
    """Yield the outages of one module, the oldest first."""
    return (one for one in OUTAGES if one.module == module)
