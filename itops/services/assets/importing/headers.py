"""Which line of a ledger is its header, and which field of ours each of its columns fills."""

import re
import unicodedata
from collections.abc import Sequence

from itops.i18n import LANGUAGES, translate
from itops.services.assets.facts import READERS
from itops.services.assets.importing.reading import Sheet

#: A header stands within so many lines; above it are titles.
LOOKED_THROUGH = 15
#: A line is a header only if so many of its cells are known.
LEAST_KNOWN = 2
#: How real ledgers call our fields; the first that is there wins. They are compared `plain`.
NAMES: dict[str, str] = {
    "tag": (
        "资产编号, 固定资产编号, 固定资产编码, 资产编码, 资产代码, 资产号, 设备编号, 设备编码, "
        "设备号, 卡片编号, 标签号, 条码, 编号, asset tag, asset no, asset number, asset ID, "
        "inventory no, tag"
    ),
    "type_key": (
        "设备类型, 资产类型, 设备类别, 资产类别, 资产分类, 类型, 类别, 分类, asset type, type, "
        "category"
    ),
    "name": (
        "设备名称, 资产名称, 物品名称, 设备名, 品名, 名称, asset name, device name, name, equipment"
    ),
    "name_en": "英文名称, 英文名, English name, name in English",
    "lifecycle": (
        "使用状态, 资产状态, 设备状态, 使用现状, 使用情况, 状态, 现状, status, lifecycle, state"
    ),
    "criticality": "重要程度, 重要性, criticality, importance",
    "site_id": (
        "所属单位, 使用单位, 单位名称, 单位, 院区, 机构, site, hospital, campus, organisation"
    ),
    "department_id": (
        "使用科室, 所属科室, 领用科室, 科室名称, 使用部门, 所属部门, 领用部门, 科室, 部门, "
        "department, dept, ward"
    ),
    "location_id": (
        "存放地点, 存放位置, 安装地点, 安装位置, 使用地点, 放置地点, 具体位置, 位置, 地点, "
        "房间, location, place, room"
    ),
    "custodian": (
        "责任人, 保管人, 使用人, 领用人, 负责人, 管理人, owner, custodian, responsible, user"
    ),
    "vendor": "品牌, 生产厂家, 生产厂商, 制造商, 厂家, 厂商, brand, manufacturer, vendor, make",
    "model": "规格型号, 型号规格, 设备型号, 型号, 规格, model, model no",
    "serial": "序列号, 设备序列号, 出厂编号, 机身号, 出厂号, serial number, serial no, serial, SN",
    "ip_address": "IP地址, IP, IPv4, 网络地址, IP address",
    "mac_address": "MAC地址, MAC, 物理地址, 网卡地址, MAC address",
    "purchased_on": (
        "购置日期, 采购日期, 购买日期, 购入日期, 取得日期, 购置时间, 采购时间, 购买时间, "
        "启用日期, purchase date, date of purchase, purchased"
    ),
    "warranty_until_on": (
        "保修到期, 保修截止, 保修截止日期, 保修期至, 质保到期, 质保截止日期, 维保到期, 保修期, "
        "质保期, warranty end, warranty expires, warranty"
    ),
    "price_fen": "原值, 资产原值, 购置价格, 购入价格, 价格, 单价, 金额, price, cost, value",
    "notes": "备注, 说明, notes, remarks, remark, comment, comments",
}
BRACKETS = re.compile(r"[(\[【〔].{0,80}?[)\]】〕]")
NOISE = re.compile(r"[\W_]+")


def plain(header: str) -> str:
    """Return a header as names are compared: half width, small, no brackets, spaces or signs."""
    half = unicodedata.normalize("NFKC", header).casefold()
    return NOISE.sub("", BRACKETS.sub("", half))


def names_of(field: str) -> list[str]:
    """Return how ledgers call one of our fields, as people write it."""
    return NAMES[field].split(", ")


def _known() -> dict[str, tuple[int, str]]:
    """Return each known name with how good it is (0 is best) and its field."""
    found: dict[str, tuple[int, str]] = {}
    for field in READERS:
        own = [plain(translate(f"asset.field.{field}", language)) for language in LANGUAGES]
        names = [plain(name) for name in names_of(field)]
        for rank, name in enumerate([*own, field.replace("_", ""), *names]):
            found.setdefault(name, (rank, field))
    return found


KNOWN = _known()


def fields_of(headers: Sequence[str]) -> list[str]:
    """Given a header line, return the field that each column fills; "" fills none."""
    best: dict[str, tuple[int, int]] = {}
    for column, header in enumerate(headers):
        parts = [plain(header), *(plain(part) for part in re.split(r"[/／、]", header))]
        for part in parts:
            if part in KNOWN:
                rank, field = KNOWN[part]
                best[field] = min(best.get(field, (rank, column)), (rank, column))
                break
    chosen = {column: field for field, (_, column) in best.items()}
    return [chosen.get(column, "") for column in range(len(headers))]


def find_header(sheets: Sequence[Sheet]) -> tuple[Sheet, int]:
    """Return the table with the best header, and which of its rows that is; at worst the first."""

    def known(sheet: Sheet, at: int) -> int:
        return sum(1 for field in fields_of(sheet.rows[at][1]) if field)

    places = [(sheet, at) for sheet in sheets for at in range(min(LOOKED_THROUGH, len(sheet.rows)))]
    best = max(places, key=lambda place: known(*place))
    return best if known(*best) >= LEAST_KNOWN else (sheets[0], 0)
