"""What ledgers write for our types and steps of life."""

from collections.abc import Iterable
from enum import StrEnum

from itops.i18n import LANGUAGES, translate
from itops.models import AssetType, Criticality, Lifecycle
from itops.services.assets.importing.headers import plain

LIFECYCLES: dict[Lifecycle, str] = {
    Lifecycle.PLANNED: "计划 待采购 拟购",
    Lifecycle.ORDERED: "已采购 待到货 采购中",
    Lifecycle.IN_STOCK: "库存 闲置 备用 未使用 待分配 仓库 未启用 spare stock",
    Lifecycle.IN_SERVICE: "使用 使用中 正在使用 正常 正常使用 完好 良好 运行 运行中 active inuse",
    Lifecycle.IN_REPAIR: "维修 待修 送修 故障 待维修 坏 损坏 repair broken",
    Lifecycle.RETIRED: "待报废 停止使用 退役 下架 已停用 拟报废 inactive retired",
    Lifecycle.DISPOSED: "报废 已报废 处置 已注销 注销 调拨出 scrapped disposed",
}
#: A word in a name that tells the type, where the ledger has no column for it.
TYPE_WORDS = (
    ("server", "服务器 server"),
    ("ups", "ups 不间断 后备电源"),
    ("network", "交换机 路由器 防火墙 无线ap 网关 switch router firewall"),
    ("printer", "打印机 打印 复印 printer"),
    ("display", "显示器 显示屏 电视 大屏 投影 monitor display"),
    ("medical_terminal", "叫号 自助机 床旁 监护 移动护理车"),
    ("mobile", "平板 手机 pda pad tablet"),
    ("workstation", "电脑 工作站 计算机 微机 主机 一体机 笔记本 台式机 pc workstation laptop"),
    ("peripheral", "扫描 键盘 读卡器 高拍仪 摄像头 硬盘 scanner"),
)


def choice_words(kind: type[StrEnum], prefix: str) -> dict[str, str]:
    """Return what may be written for each choice: its key, and its words in both languages."""
    found = {plain(value): value.value for value in kind}
    for value in kind:
        found |= {plain(translate(f"{prefix}.{value}", lang)): value.value for lang in LANGUAGES}
    return found


def lifecycle_words() -> dict[str, str]:
    """Return what may be written for each life-cycle step."""
    found = choice_words(Lifecycle, "lifecycle")
    for step, words in LIFECYCLES.items():
        for word in words.split():
            found.setdefault(plain(word), step.value)
    return found


def criticality_words() -> dict[str, str]:
    """Return what may be written for each criticality."""
    return choice_words(Criticality, "criticality")


def type_words(types: Iterable[AssetType]) -> dict[str, str]:
    """Return what may be written for each type: its key and its names."""
    return {plain(word): kind.key for kind in types for word in (kind.key, kind.name_en, kind.name)}


def guessed_type(name: str) -> str:
    """Return the type that a name speaks of; "other" if it speaks of none."""
    text = plain(name)
    for key, words in TYPE_WORDS:
        if any(word in text for word in words.split()):
            return key
    return "other"
