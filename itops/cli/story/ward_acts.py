"""The ward: a nurse reports by phone, a colleague joins in, it is solved, and she rates it."""

import re
import urllib.parse
import urllib.request
from dataclasses import dataclass

from sqlalchemy import func, select

from itops.cli.story.acts import Stage
from itops.cli.story.cast import ENGINEER, HEAD, now, person
from itops.cli.story.installation import acting
from itops.cli.story.watching import plan_of
from itops.clock import utcnow
from itops.db import db
from itops.models import Ticket, TicketReport, TicketStatus, WorkOrder
from itops.services import attachments
from itops.services.demo.year.pictures import picture
from itops.services.maintenance import attesting, signing
from itops.services.maintenance.attesting import Claim
from itops.services.tickets import working

KEY = re.compile(r'name="key" value="([0-9a-f]{32})"')
TICKET = re.compile(r'name="ticket" value="(\d+)"')
TIMEOUT = 20


@dataclass(frozen=True)
class Page:
    """What a phone got: where it was led, and the page there."""

    url: str
    text: str


@dataclass(frozen=True)
class Phone:
    """A browser without an account, as far as forms need one."""

    home: str

    def get(self, path: str) -> Page:
        return self._ask(path, None)

    def post(self, path: str, **fields: str) -> Page:
        return self._ask(path, urllib.parse.urlencode(fields).encode())

    def _ask(self, path: str, body: bytes | None) -> Page:
        request = urllib.request.Request(  # noqa: S310 - our own server's address
            f"{self.home}{path}",
            data=body,
            headers={"Accept-Language": "zh-CN", "Sec-Fetch-Site": "same-origin"},
        )
        with urllib.request.urlopen(request, timeout=TIMEOUT) as answer:  # noqa: S310 - as above
            return Page(answer.url, answer.read().decode())


def nurse_reports(stage: Stage) -> None:
    """Open one ticket by three taps; "me too" joins it; it is taken, solved, and rated."""
    told, phone = stage.told, Phone(stage.installation.url)
    told.begin("ward")
    label = f"/q/{stage.world.label}"
    told.say("ward.scans", url=stage.url(label))
    key = _only(KEY, phone.get(label))
    taps = [phone.post(label, what="printer", urgency="now", key=key) for _ in range(3)]
    following = taps[-1]
    told.say("ward.reports", n=_tickets(stage), url=following.url)
    form = phone.get(label)
    ticket = int(_only(TICKET, form))
    phone.post(f"{label}/me-too", ticket=str(ticket), key=_only(KEY, form))
    told.say("ward.me_too", n=_people(ticket))
    _work(ticket)
    told.say("ward.solved", n=ticket, url=stage.url(f"/tickets/{ticket}"))
    path = urllib.parse.urlsplit(following.url).path
    phone.post(f"{path}/rate", rating="5")
    with acting():
        rated = select(TicketReport.rating).where(TicketReport.ticket_id == ticket)
        told.say("ward.rated", n=max(one or 0 for one in db.session.scalars(rated)))


def dust_is_cleaned(stage: Stage) -> None:
    """Attest dust cleaning with photos; another person signs it off."""
    stage.told.begin("dust")
    with acting():
        order = _order()
        by = person(ENGINEER)
        photo = attachments.examine(picture(7), "dust.png")
        claim = Claim(
            typed={"q2": "yes", "q3": "yes", "q5": by.name},
            photos={"q1": [photo], "q4": [photo]},
            version=order.version,
        )
        attesting.attest(order, None, claim, by=by, now=now())
        number, url = order.number, stage.url(f"/maintenance/orders/{order.id}")
    stage.told.say("dust.attested", number=number, name=by.name, url=url)
    with acting():
        order, by = _order(), person(HEAD)
        signing.sign_off(order, typed=by.name, remark="", version=order.version, by=by, now=now())
    stage.told.say("dust.signed", number=number, name=by.name, url=url)


def _work(ticket_id: int) -> None:
    """Let the engineer take a ticket, and solve it."""
    with acting():
        ticket, by = db.session.get_one(Ticket, ticket_id), person(ENGINEER)
        working.take(ticket, version=ticket.version, by=by, at=utcnow())
    with acting():
        ticket, by = db.session.get_one(Ticket, ticket_id), person(ENGINEER)
        working.move(
            ticket,
            TicketStatus.RESOLVED,
            text="清理进纸轮，试打正常",
            version=ticket.version,
            by=by,
            at=utcnow(),
        )


def _order() -> WorkOrder:
    wanted = select(WorkOrder).where(WorkOrder.plan_id == plan_of("dust_servers").id)
    return db.session.scalars(wanted).one()


def _tickets(stage: Stage) -> int:
    with acting():
        wanted = select(func.count()).where(Ticket.asset_id == stage.world.pc_id)
        return db.session.scalars(wanted).one()


def _people(ticket_id: int) -> int:
    with acting():
        return db.session.get_one(Ticket, ticket_id, populate_existing=True).people


def _only(pattern: re.Pattern[str], page: Page) -> str:
    found = pattern.search(page.text)
    if found is None:
        raise LookupError(page.url)
    return found[1]
