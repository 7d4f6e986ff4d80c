"""How the routes of maintenance are called so that they change something."""

from collections.abc import Callable
from typing import Any

from itops.db import db
from itops.models import (
    CalendarFeed,
    Evidence,
    ProvenBy,
    User,
    WorkOrder,
    WorkOrderItem,
    WorkStatus,
)
from itops.services.maintenance.findings import FOUND, REMARK
from itops.services.secrets.secrecy import secret_hash
from tests import factories
from tests.services.maintenance.planned import at, order, plan

Call = tuple[str, dict[str, Any]]


def _form() -> dict[str, Any]:
    return {
        "name": "除尘",
        "site_id": str(factories.site().id),
        "target": "type",
        "type_key": "workstation",
        "unit": "month",
        "every": "6",
        "starts_on": "2026-11-23",
        "evidence_rule": "attested",
        "request_key": "drawn with the form",
    }


def _edit(_me: User) -> Call:
    made = plan(type_key=factories.asset_type().key)
    given = _form() | {"site_id": str(made.site_id), "version": str(made.version)}
    return f"/maintenance/plans/{made.id}/edit", given


def _versioned(made: WorkOrder, what: str, **form: Any) -> Call:
    return f"/maintenance/orders/{made.id}/{what}", {"version": str(made.version)} | form


def _item(what: str) -> Call:
    made = order(assets=[factories.asset()])
    item = db.session.query(WorkOrderItem).filter_by(order_id=made.id).one()
    return f"/maintenance/orders/{made.id}/items/{item.id}/{what}", {"reason": "送修中"}


def _signed_by_another(**given: Any) -> WorkOrder:
    made = order(**given)
    db.session.add(
        Evidence(
            order_id=made.id,
            rule="attested",
            kind=ProvenBy.PERSON,
            at=at().at,
            by="别人",
            message={"key": "evidence.attested", "params": {"name": "别人"}},
        )
    )
    db.session.flush()
    return made


def _finding(_me: User) -> Call:
    made = order()
    kept = Evidence(
        order_id=made.id,
        rule="attested",
        kind=ProvenBy.PERSON,
        at=at().at,
        by="李建国",
        message={"key": FOUND, "params": {"name": "李建国", "n": 1}},
        is_finding=True,
        facts={"answers": [], REMARK: "备份盘满"},
    )
    db.session.add(kept)
    db.session.flush()
    return f"/maintenance/orders/{made.id}/findings/{kept.id}/ticket", {}


def _feed(me: User) -> Call:
    made = CalendarFeed(token_hash=secret_hash("x"), user_id=me.id, created_at=at().at)
    db.session.add(made)
    db.session.flush()
    return f"/maintenance/feeds/{made.id}/revoke", {}


MAINTENANCE_CHANGES: dict[str, Callable[[User], Call]] = {
    "maintenance.feeds.create": lambda _me: ("/maintenance/feeds", {"name": "手机"}),
    "maintenance.feeds.revoke": _feed,
    "maintenance.orders.assign": lambda _me: _versioned(order(), "assign", take="1"),
    "maintenance.orders.clear_up": lambda _me: _versioned(
        _signed_by_another(is_disputed=True), "clear-up", reason="代理没有重启"
    ),
    "maintenance.orders.done": lambda _me: _versioned(order(), "done"),
    "maintenance.orders.item_done": lambda _me: _item("done"),
    "maintenance.orders.move": lambda _me: _versioned(order(), "move", to="in_progress"),
    "maintenance.orders.open_ticket": _finding,
    "maintenance.orders.sign": lambda me: _versioned(
        _signed_by_another(status=WorkStatus.TO_SIGN, needs_sign_off=True),
        "sign",
        signature=me.name,
    ),
    "maintenance.orders.skip": lambda _me: _item("skip"),
    "maintenance.plans.create": lambda _me: ("/maintenance/plans/new", _form()),
    "maintenance.plans.switch": lambda _me: (
        f"/maintenance/plans/{plan().id}/switch",
        {"to": "off"},
    ),
    "maintenance.plans.update": _edit,
}
