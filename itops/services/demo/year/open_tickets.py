"""The demo's tickets of today: what waits, what somebody works on, and a fault that all know of."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from itops.models import Impact, Role, Ticket, TicketSource, TicketStatus, Urgency, What
from itops.services.demo.year.known import Known
from itops.services.tickets import codes, known_faults, limits, working
from itops.services.tickets.known_faults import Where
from itops.services.tickets.opening import Opening, Reported, Reporter, report


@dataclass(frozen=True)
class Now:
    """A ticket of today: when it came, from which room, and how far it is."""

    minutes_ago: int
    room: str
    what: What
    said: str
    name: str
    status: TicketStatus = TicketStatus.NEW
    answer: str = ""
    rating: int | None = None


_BUSY, _HELD, _SOLVED = TicketStatus.IN_PROGRESS, TicketStatus.ON_HOLD, TicketStatus.RESOLVED
TODAY = (
    Now(1460, "财务科", What.COMPUTER, "电源坏了，开不了机", "陈艳", _HELD, "电源已订货，周四到"),
    Now(388, "儿科病区", What.PRINTER, "腕带打印机卡纸", "李静", _SOLVED, "清理后试打正常", 5),
    Now(301, "门诊药房", What.SLOW, "发药界面很慢", "周丽", _SOLVED, "清理启动项", 4),
    Now(262, "放射科", What.SCANNER, "扫码枪没反应", "吴涛", _SOLVED, "更换数据线"),
    Now(171, "产科病区", What.SIGN_IN, "新来的护士没有账号", "杨敏", _BUSY),
    Now(118, "骨科病区", What.NETWORK, "护士站网络时断时续", "高娟", _BUSY),
    Now(73, "收费大厅", What.PRINTER, "发票打印偏位", "孙丽", _BUSY),
    Now(41, "心内科病区", What.COMPUTER, "移动推车电脑黑屏", "马静"),
    Now(22, "急诊大厅", What.SOFTWARE, "叫号程序没反应", "罗敏"),
    Now(6, "体检中心", What.PRINTER, "体检报告打不出来", "何艳"),
)
OUTAGE = Now(
    95, "检验科", What.SOFTWARE, "仪器结果传不进检验系统", "赵敏", _BUSY, "服务器磁盘满，正在清理"
)
ME_TOO = (("检验科", "刘洋"), ("急诊科", "黄静"), ("重症医学科", "徐杰"))
EXPECTED_IN = timedelta(minutes=50)


def open_tickets(known: Known) -> None:
    """Open the tickets of today as wards would, and take them as far as they are."""
    for each in TODAY:
        _play(each, known)
    _outage(known)


def _play(each: Now, known: Known) -> None:
    at = known.at - timedelta(minutes=each.minutes_ago)
    room = known.rooms[each.room]
    asset = next(one for one in known.workstations if one.location_id == room.id)
    opening = Opening(
        site_id=known.hospital.id,
        department_id=asset.department_id,
        location_id=room.id,
        asset_id=asset.id,
        what=each.what,
        text=each.said,
        urgency=Urgency.TODAY,
        source=TicketSource.LABEL,
    )
    made = _reported(opening, each.name, asset.department_id, at)
    if each.status is not TicketStatus.NEW:
        _take(made.ticket, Role.ENGINEER, known, at + timedelta(minutes=9))
    if each.answer:
        engineer = known.people[Role.ENGINEER].name
        done_at = at + timedelta(minutes=48)
        working.go(made.ticket, each.status, by=engineer, at=done_at, text=each.answer)
    if each.status is _SOLVED:
        made.ticket.resolution = each.answer
        if each.rating:
            made.report.rating, made.report.rated_at = each.rating, at + timedelta(minutes=80)


def _outage(known: Known) -> None:
    """Open the known fault: announced, with what to do meanwhile, and with all who have it too."""
    at = known.at - timedelta(minutes=OUTAGE.minutes_ago)
    department, module = known.departments[OUTAGE.room], known.modules["LIS"]
    opening = Opening(
        site_id=known.hospital.id,
        department_id=department.id,
        module_id=module.id,
        what=OUTAGE.what,
        text=OUTAGE.said,
        impact=Impact.HOSPITAL,
        urgency=Urgency.NOW,
        source=TicketSource.FORM,
    )
    ticket = _reported(opening, OUTAGE.name, department.id, at).ticket
    _take(ticket, Role.DUTY_OFFICER, known, at + timedelta(minutes=3))
    ticket.announced_at = at + timedelta(minutes=8)
    ticket.announcement, ticket.meanwhile = OUTAGE.answer, module.meanwhile
    ticket.expected_at = known.at + EXPECTED_IN
    officer = known.people[Role.DUTY_OFFICER].name
    ticket.note(
        "ticket.event.announced",
        by=officer,
        at=ticket.announced_at,
        text=OUTAGE.answer,
        is_public=True,
    )
    _join(ticket, ME_TOO, known, at + timedelta(minutes=15))


def _join(
    ticket: Ticket, people: Sequence[tuple[str, str]], known: Known, first_at: datetime
) -> None:
    for place, (name, person) in enumerate(people):
        department = known.departments[name]
        reporter = Reporter(
            request_key=codes.request_key(),
            name=person,
            language="zh_Hans",
            department_id=department.id,
        )
        where = Where(known.hospital.id, department.id)
        known_faults.me_too(where, ticket.id, reporter, at=first_at + timedelta(minutes=9 * place))


def _reported(opening: Opening, name: str, department_id: int | None, at: datetime) -> Reported:
    reporter = Reporter(
        request_key=codes.request_key(),
        name=name,
        language="zh_Hans",
        department_id=department_id,
        text=opening.text,
    )
    return report(opening, reporter, at=at)


def _take(ticket: Ticket, role: Role, known: Known, at: datetime) -> None:
    person = known.people[role]
    ticket.assignee_id = person.id
    ticket.note("ticket.event.taken", by=person.name, at=at, is_public=True)
    working.go(ticket, _BUSY, by=person.name, at=at, text="")
    limits.settle(ticket, limits.limits())
