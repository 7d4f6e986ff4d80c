"""The code tables that itops comes with: a renamed row stays, a missing one is added."""

from dataclasses import asdict, dataclass

from sqlalchemy import Connection, insert, select

from itops.models import AssetType, ServiceTime, TicketTarget


@dataclass(frozen=True)
class Type:
    """A row of the table of asset types."""

    key: str
    name: str
    name_en: str
    is_always_on: bool = False


#: In the order in which people choose from them.
TYPES = (
    Type("workstation", "工作站", "Workstation"),
    Type("server", "服务器", "Server", is_always_on=True),
    Type("ups", "UPS 电源", "UPS", is_always_on=True),
    Type("network", "网络设备", "Network device", is_always_on=True),
    Type("printer", "打印机", "Printer"),
    Type("display", "显示屏", "Display"),
    Type("medical_terminal", "医疗终端", "Medical terminal"),
    Type("mobile", "移动设备", "Mobile device"),
    Type("peripheral", "外设", "Peripheral"),
    Type("other", "其他", "Other"),
)


@dataclass(frozen=True)
class Limit:
    """A row of the table of tickets' time limits."""

    priority: int
    response_minutes: int
    resolution_minutes: int
    is_around_the_clock: bool = False


#: Patients wait: somebody comes at any hour. The others count in service hours (ten a day).
LIMITS = (
    Limit(1, 15, 4 * 60, is_around_the_clock=True),
    Limit(2, 30, 8 * 60, is_around_the_clock=True),
    Limit(3, 4 * 60, 10 * 60),
    Limit(4, 10 * 60, 30 * 60),
)


#: Monday to Friday, ten hours a day.
SERVICE_TIME = {
    "id": 1,
    "days": [0, 1, 2, 3, 4],
    "spans": [["08:00", "18:00"]],
    "days_off": [],
    "zone": "Asia/Shanghai",
}


def settle(connection: Connection) -> None:
    """Add the shipped rows that are not there yet."""
    there = set(connection.scalars(select(AssetType.key)))
    missing = [
        {**asdict(row), "position": position}
        for position, row in enumerate(TYPES, start=1)
        if row.key not in there
    ]
    if missing:
        connection.execute(insert(AssetType), missing)
    limited = set(connection.scalars(select(TicketTarget.priority)))
    limits = [asdict(row) for row in LIMITS if row.priority not in limited]
    if limits:
        connection.execute(insert(TicketTarget), limits)
    if connection.scalar(select(ServiceTime.id).limit(1)) is None:
        connection.execute(insert(ServiceTime), [SERVICE_TIME])
