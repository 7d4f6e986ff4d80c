"""A county's worth of rows for measuring pages: the same ones every time, written in bulk."""

import json
import random
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from itertools import islice
from typing import Any

from sqlalchemy import insert, select

from itops.checks.base import State
from itops.db import Base, db
from itops.models import (
    Asset,
    AssetEvent,
    Criticality,
    Department,
    Enrolment,
    Host,
    HostState,
    Lifecycle,
    Location,
    LocationKind,
    Site,
    SiteKind,
)
from itops.services.code_tables import TYPES
from itops.services.search import finding as searching
from tests.api.reporting import health

DEPARTMENTS = [
    "内科",
    "外科",
    "妇产科",
    "儿科",
    "检验科",
    "放射科",
    "药剂科",
    "急诊科",
    "收费处",
    "信息科",
    "体检中心",
    "骨科",
]
KINDS = [TYPES[0].key] * 14 + ["server", "ups", "network", "printer", "printer", "display"]
PEOPLE = [
    "张伟",
    "王芳",
    "李娜",
    "刘洋",
    "陈静",
    "杨磊",
    "赵敏",
    "黄强",
    "周杰",
    "吴霞",
    "徐丽",
    "孙涛",
]
STATES = [State.OK] * 16 + [State.WARNING, State.WARNING, State.UNKNOWN, State.CRITICAL]
CHUNK = 5000


def build(*, assets: int, hosts: int, at: datetime) -> None:
    """Write sites, departments, rooms, assets, hosts and the search index, and commit."""
    draw = random.Random(7)  # noqa: S311 - draws rows, keeps no secret
    _write(Site, _sites())
    places = list(db.session.scalars(select(Site.id).order_by(Site.id)))
    _write(Department, _departments(places))
    _write(Location, _locations(places[:21]))
    departments = _by_site(Department)
    rooms = _by_site(Location)
    weights = [600] + [15] * 20 + [1] * (len(places) - 21)
    _write(Asset, _assets(assets, draw, places, weights, (departments, rooms), at))
    _write(AssetEvent, _events(assets, at))
    _write(Host, _hosts(hosts, assets, at))
    _write(HostState, _states(hosts, draw, at))
    searching.rebuild()
    db.session.commit()
    db.session.connection().exec_driver_sql("ANALYZE")
    db.session.commit()


def _write(model: type[Base], rows: Iterator[dict[str, Any]]) -> None:
    while chunk := list(islice(rows, CHUNK)):
        db.session.execute(insert(model), chunk)


def _by_site(model: type[Department] | type[Location]) -> dict[int, list[int]]:
    found: dict[int, list[int]] = {}
    for key, site_id in db.session.execute(select(model.id, model.site_id)):
        found.setdefault(site_id, []).append(key)
    return found


def _sites() -> Iterator[dict[str, Any]]:
    yield {"id": 1, "kind": SiteKind.COUNTY_HOSPITAL, "name": "县人民医院", "parent_id": None}
    for number in range(2, 22):
        kind = SiteKind.TOWNSHIP_CENTRE
        yield {"id": number, "kind": kind, "name": f"{number}号镇卫生院", "parent_id": 1}
    for number in range(22, 222):
        parent = 2 + number % 20
        kind = SiteKind.VILLAGE_CLINIC
        yield {"id": number, "kind": kind, "name": f"{number}号村卫生室", "parent_id": parent}


def _departments(places: list[int]) -> Iterator[dict[str, Any]]:
    for site_id in places[:21]:
        for name in DEPARTMENTS:
            yield {"site_id": site_id, "name": name}


def _locations(places: list[int]) -> Iterator[dict[str, Any]]:
    key = 0
    for site_id in places:
        for building in ("门诊楼", "住院楼") if site_id == 1 else ("综合楼",):
            key += 1
            above = key
            kind = LocationKind.BUILDING
            yield {"id": key, "site_id": site_id, "kind": kind, "name": building, "parent_id": None}
            for room in range(60 if site_id == 1 else 10):
                key += 1
                row = {"id": key, "site_id": site_id, "kind": LocationKind.ROOM}
                yield row | {"name": f"{room + 101}室", "parent_id": above}


def _assets(
    count: int,
    draw: random.Random,
    places: list[int],
    weights: list[int],
    inside: tuple[dict[int, list[int]], dict[int, list[int]]],
    at: datetime,
) -> Iterator[dict[str, Any]]:
    departments, rooms = inside
    lifecycles = [Lifecycle.IN_SERVICE] * 17 + [Lifecycle.IN_STOCK, Lifecycle.IN_REPAIR]
    chosen = draw.choices(places, weights, k=count)
    for number, site_id in enumerate(chosen, start=1):
        kind = draw.choice(KINDS)
        yield {
            "id": number,
            "tag": f"YJ-{draw.randrange(10**6):06}-{number:06}",
            "type_key": kind,
            "name": f"{draw.choice(DEPARTMENTS)}{kind}{number % 40}",
            "lifecycle": draw.choice(lifecycles),
            "criticality": Criticality.NORMAL,
            "site_id": site_id,
            "department_id": draw.choice(departments.get(site_id) or [None]),
            "location_id": draw.choice(rooms.get(site_id) or [None]),
            "custodian": draw.choice(PEOPLE),
            "vendor": draw.choice(["联想", "浪潮", "惠普", "华为"]),
            "model": f"M{draw.randrange(40) * 10}",
            "serial": f"PF{draw.randrange(16**8):08X}",
            "ip_address": f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}",
            "mac_address": "00:1a:2b:" + number.to_bytes(3, "big").hex(":"),
            "purchased_on": date(2018, 1, 1) + timedelta(days=draw.randrange(2900)),
            "price_fen": draw.randrange(100_000, 900_000),
            "created_at": at,
            "updated_at": at,
        }


def _events(count: int, at: datetime) -> Iterator[dict[str, Any]]:
    for number in range(1, count + 1):
        yield {
            "asset_id": number,
            "at": at,
            "by": "张伟",
            "key": "asset.event.created",
            "params": {},
        }


def _hosts(count: int, assets: int, at: datetime) -> Iterator[dict[str, Any]]:
    for number in range(1, count + 1):
        yield {
            "id": number,
            "public_id": f"{number:032x}",
            "name": f"PC-{number:05}",
            "system": "Windows 10",
            "key_hash": number.to_bytes(32, "big"),
            "machine": f"{number:064x}",
            "enrolment": Enrolment.APPROVED,
            "enrolled_at": at,
            "site_id": 1 + number % 221,
            "asset_id": number * (assets // count),
            "address": f"10.{number >> 8}.{number & 255}.7",
        }


def _states(count: int, draw: random.Random, at: datetime) -> Iterator[dict[str, Any]]:
    latest = json.dumps(health(1, taken_at=at.timestamp())).encode()
    for number in range(1, count + 1):
        yield {
            "host_id": number,
            "last_seen_at": at,
            "taken_at": at,
            "stale_at": at + timedelta(days=1),
            "state": draw.choice(STATES),
            "state_since_at": at - timedelta(hours=2),
            "findings": [],
            "latest": latest,
        }
