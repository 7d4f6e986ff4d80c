"""A county's tickets of some years for measuring, written in bulk: python -m tests.bench.tickets.

200,000 tickets, one in fifty open, each with a report, a snapshot and its timeline.
"""

import hashlib
import random
import sys
import tempfile
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy import insert, select

from itops import create_app
from itops.cli.worker_process import settle
from itops.clock import utcnow
from itops.config import Settings
from itops.db import Base, db
from itops.models import (
    Asset,
    AssetLabel,
    Impact,
    Role,
    Ticket,
    TicketEvent,
    TicketEvidence,
    TicketReport,
    TicketStatus,
    Urgency,
    What,
)
from itops.models.ticket import NEVER
from itops.services.search import ticket_words
from itops.services.secrets.secrecy import secret_hash
from itops.services.tickets.codes import follow_code
from itops.services.tickets.priorities import TABLE
from itops.services.upgrading import upgrade
from tests import factories
from tests.bench import hospital, pages

TICKETS, ASSETS, HOSTS = 200_000, 20_000, 500
CHUNK = 5_000
#: One in so many is open.
OPEN_ONE_IN = 50
CODE = "K7QM2X9PRT"
TEXTS = ("卡纸", "开机要十分钟", "打不开 LIS", "扫码枪没有反应", "张伟说密码过期", "网页打不开", "")
#: Each page by a name, and the most milliseconds that its median may take.
PAGES: dict[str, tuple[str, float]] = {
    "ticket queue": ("/tickets", 15),
    "ticket queue, a later page": ("/tickets?after=3_2026-01-01T00:00:00+00:00_1", 15),
    "ticket queue, nobody's": ("/tickets?who=none", 15),
    "ticket queue of a department": ("/tickets?department=5", 15),
    "ticket queue by what": ("/tickets?what=scanner", 15),
    "tickets solved": ("/tickets?status=closed", 15),
    "all tickets of a site": ("/tickets?status=all&site=3", 15),
    "ticket search": ("/tickets?q=检验", 15),
    "ticket search by pinyin": ("/tickets?q=zhangwei&status=all", 15),
    "ticket search by tag": ("/tickets?q=YJ-7&status=all", 15),
    "search of everything": ("/search?q=检验", 10),
    "search of everything by number": (f"/search?q={TICKETS // 2}", 10),
    "ticket": (f"/tickets/{TICKETS // 2}", 15),
    "ticket, open": ("/tickets/50", 15),
    "report form at a label": (f"/q/{CODE}", 15),
    "report followed": (f"/f/{follow_code(f'{50:032x}')}", 15),
}


def large_app(
    folder: Path, *, tickets: int = TICKETS, assets: int = ASSETS, hosts: int = HOSTS
) -> Flask:
    """Return an app whose database in `folder` holds the tickets; built once."""
    is_new = not (folder / "itops.db").exists()
    app = create_app(Settings(data_dir=folder, hospital="Bench"))
    with app.app_context():
        if is_new:
            upgrade(db.engine)
            hospital.build(assets=assets, hosts=hosts, at=utcnow())
            build(tickets, at=utcnow())
        db.session.remove()
    return app


def build(count: int, *, at: datetime) -> None:
    """Write tickets, reports, evidence, timelines and the index of words, and commit."""
    draw = random.Random(7)  # noqa: S311 - draws rows, keeps no secret
    person = factories.user(name="李建国").id
    columns = (Asset.id, Asset.site_id, Asset.department_id, Asset.location_id)
    assets = [tuple(row) for row in db.session.execute(select(*columns))]
    _write(Ticket, _tickets(count, draw, assets, person, at))
    _write(TicketReport, _reports(count, draw, at))
    _write(TicketEvidence, _evidence(count, at))
    _write(TicketEvent, _events(count, at))
    label = {"code": CODE, "asset_id": assets[0][0], "created_at": at, "created_by": "x"}
    db.session.execute(insert(AssetLabel), [label | {"revoked_by": ""}])
    ticket_words.index(db.session.connection(), range(1, count + 1))
    db.session.commit()
    db.session.connection().exec_driver_sql("ANALYZE")
    db.session.commit()


def _write(model: type[Base], rows: Iterator[dict[str, Any]]) -> None:
    while chunk := list(islice(rows, CHUNK)):
        db.session.execute(insert(model), chunk)


def _tickets(
    count: int, draw: random.Random, assets: list[Any], person: int, at: datetime
) -> Iterator[dict[str, Any]]:
    whats, impacts, urgencies = list(What), list(Impact), list(Urgency)
    over = (TicketStatus.CLOSED, TicketStatus.CLOSED, TicketStatus.RESOLVED, TicketStatus.MERGED)
    for number in range(1, count + 1):
        asset_id, site_id, department_id, location_id = draw.choice(assets)
        is_open = number % OPEN_ONE_IN == 0
        impact, urgency = draw.choice([Impact.ONE] * 9 + impacts), draw.choice(urgencies)
        opened_at = at - timedelta(minutes=(count - number) * 10)
        due_at = opened_at + timedelta(hours=draw.randrange(1, 90))
        yield {
            "id": number,
            "status": TicketStatus.NEW if is_open else draw.choice(over),
            "is_open": is_open,
            "what": draw.choice(whats),
            "asset_id": asset_id,
            "site_id": site_id,
            "department_id": department_id,
            "location_id": location_id,
            "impact": impact,
            "urgency": urgency,
            "priority": TABLE[impact, urgency],
            "text": draw.choice(TEXTS),
            "assignee_id": draw.choice([None, person]) if is_open else person,
            "opened_at": opened_at,
            "response_due_at": due_at,
            "resolution_due_at": due_at,
            "next_due_at": due_at if is_open else NEVER,
            "resolution": "" if is_open else "换了，好了",
        }


def _reports(count: int, draw: random.Random, at: datetime) -> Iterator[dict[str, Any]]:
    for number in range(1, count + 1):
        key = f"{number:032x}"
        yield {
            "id": number,
            "ticket_id": number,
            "request_key": hashlib.sha256(key.encode()).hexdigest(),
            "follow_hash": secret_hash(follow_code(key)),
            "name": draw.choice(hospital.PEOPLE),
            "phone": f"{draw.randrange(8000, 9000)}",
            "at": at,
        }


def _evidence(count: int, at: datetime) -> Iterator[dict[str, Any]]:
    document: dict[str, Any] = {"health": None, "alerts": [], "orders": []}
    for number in range(1, count + 1):
        yield {"ticket_id": number, "taken_at": at, "document": document}


def _events(count: int, at: datetime) -> Iterator[dict[str, Any]]:
    for number in range(1, count + 1):
        for key in ("opened", "in_progress", "resolved")[: 1 if number % OPEN_ONE_IN == 0 else 3]:
            row = {"ticket_id": number, "at": at, "by": "李建国", "key": f"ticket.event.{key}"}
            yield row | {"params": {}, "is_public": True}


def main(addresses: Iterable[str]) -> None:
    """Build the tickets in a folder that later runs find again, and print a line for each page."""
    folder = Path(tempfile.gettempdir()) / "itops-bench-tickets"
    folder.mkdir(exist_ok=True)
    client = pages.signed_in(large_app(folder), role=Role.ENGINEER)
    settle()
    wanted = {address: (address, 0.0) for address in addresses} or PAGES
    for name, (address, goal) in wanted.items():
        median, worst, size = pages.measure(client, address)
        verdict = "" if not goal else f"  goal {goal:g}: {'met' if median <= goal else 'MISSED'}"
        print(f"{name:30} {median:7.2f} ms  worst {worst:7.2f}  {size:7} bytes{verdict}")  # noqa: T201


if __name__ == "__main__":
    main(sys.argv[1:])
