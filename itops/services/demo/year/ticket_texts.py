"""What the demo's people reported and what engineers answered: words of wards, all invented."""

from collections.abc import Mapping
from dataclasses import dataclass

from itops.models import Urgency, What


@dataclass(frozen=True)
class Kind:
    """A kind of ticket: how often it comes, how long it takes, and what people say."""

    weight: int
    #: Minutes that the work usually takes.
    minutes: int
    urgency: Urgency
    said: tuple[str, ...]
    solved: tuple[str, ...]


KINDS: Mapping[What, Kind] = {
    What.PRINTER: Kind(
        26,
        35,
        Urgency.TODAY,
        ("打印机卡纸", "处方打不出来", "条码打印模糊", "打印一半就停", "换了墨盒还是报警"),
        ("清理进纸轮，试打正常", "重装驱动", "更换硒鼓", "重启打印服务"),
    ),
    What.COMPUTER: Kind(
        20,
        70,
        Urgency.NOW,
        ("电脑开不了机", "蓝屏", "显示器黑屏", "键盘失灵", "主机很响，自动关机"),
        ("内存条重新插好", "更换电源", "更换显示器线", "清灰后正常", "更换键盘"),
    ),
    What.SOFTWARE: Kind(
        18,
        50,
        Urgency.TODAY,
        ("医嘱保存时报错", "报告打不开", "叫号程序没反应", "护士站看不到新医嘱"),
        ("更新客户端", "清除缓存后正常", "调整权限", "重新登录后正常，已记录"),
    ),
    What.SLOW: Kind(
        12,
        60,
        Urgency.TODAY,
        ("电脑很慢", "开病历要等一分钟", "进系统要转很久"),
        ("清理启动项和磁盘", "加内存 8 GB", "杀毒扫描改到夜间"),
    ),
    What.NETWORK: Kind(
        10,
        55,
        Urgency.NOW,
        ("网络断了", "连不上内网", "网口松动，时断时续"),
        ("更换网线", "交换机端口重启", "重新压水晶头"),
    ),
    What.SIGN_IN: Kind(
        9,
        12,
        Urgency.TODAY,
        ("密码忘了", "账号被锁", "新来的护士没有账号"),
        ("已重置，当面核对身份", "已解锁", "按护理部名单开通"),
    ),
    What.SCANNER: Kind(
        5,
        40,
        Urgency.TODAY,
        ("扫码枪没反应", "扫腕带扫不出来"),
        ("重新配对", "更换数据线"),
    ),
    What.OTHER: Kind(
        4,
        90,
        Urgency.DAYS,
        ("想加一台电脑", "会议室投影不亮", "搬科室，请帮忙移机"),
        ("已登记，按计划安排", "更换投影灯泡", "移机完成"),
    ),
}
#: How satisfied people were, from 1 to 5: so many of a hundred who answered.
RATINGS = (1, 2, 6, 27, 64)
#: So many of a hundred reporters answer at all.
ANSWER_PERCENT = 46
PRAISE = ("", "", "", "", "很快", "谢谢", "态度好", "来得有点晚", "又坏过一次")
