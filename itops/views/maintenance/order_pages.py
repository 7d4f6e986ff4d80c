"""What the page of a work order shows, and the page of one of its machines."""

from typing import Any
from urllib.parse import urlencode

from flask import render_template, request, url_for

from itops.auth.actors import actor
from itops.auth.permissions import Permission
from itops.auth.scopes import reach
from itops.clock import utcnow
from itops.models import MaintenancePlan, Ticket, User, WorkOrder, WorkOrderItem, WorkStatus
from itops.models.work_order import LIVE
from itops.services.maintenance import checklists, findings, order_page, signing
from itops.services.maintenance.order_items import Key
from itops.services.maintenance.order_page import Asked, OrderPage
from itops.services.maintenance.rule_table import RULES
from itops.views.answering.frame import is_open
from itops.views.answering.language import named, t
from itops.views.maintenance.here import now_here
from itops.views.showing.choices import number_of
from itops.views.showing.forms import Form


def people(order: WorkOrder) -> list[User]:
    """Return who may be given this order."""
    return order_page.people(order.site, order.department_id, at=utcnow())


def _reaches(permission: Permission, order: WorkOrder) -> bool:
    return reach(permission).covers(site_id=order.site_id, department_id=order.department_id)


def _sees_plan(plan: MaintenancePlan | None) -> bool:
    """Whether this request's person may open the plan that made an order."""
    return plan is not None and reach(Permission.VIEW_MAINTENANCE).covers(
        site_id=plan.site_id,
        department_id=plan.department_id,
        asset_id=plan.asset_id,
        module_id=plan.module_id,
    )


def _opens_ticket(ticket: Ticket) -> bool:
    """Whether this request's person may open a ticket that came of an order, or asked for it."""
    return is_open("tickets.show") and reach(Permission.VIEW_TICKETS).covers(
        site_id=ticket.site_id,
        department_id=ticket.department_id,
        asset_id=ticket.asset_id,
        module_id=ticket.module_id,
    )


def shown(order: WorkOrder, form: Form) -> str:
    """Return the page of an order, with what was typed and why it was not done."""
    now, by = now_here(), actor()
    page = order_page.read(order, reach(Permission.VIEW_MAINTENANCE), _asked())
    may_do = _reaches(Permission.DO_WORK_ORDERS, order)
    is_live = order.status in LIVE
    may_sign = _reaches(Permission.SIGN_OFF, order)
    return render_template(
        "maintenance/order.html",
        order=order,
        page=page,
        **_addresses(order, page),
        form=form,
        sees_plan=_sees_plan(order.plan),
        today=now.today,
        rule=RULES[order.evidence_rule],
        **_questions(order),
        is_live=is_live,
        may_do=may_do and is_live,
        is_mine=order.assignee_id == by.id,
        people=people(order) if may_do and is_live else [],
        may_sign=may_sign and signing.may_sign(order, by, at=now.at),
        waits_for_another=order.status is WorkStatus.TO_SIGN,
        may_clear_up=may_sign and order.is_disputed and not signing.did_it(order, by, at=now.at),
        me=by.name,
        opens_ticket=_opens_ticket,
        may_open_ticket=is_open("tickets.show") and _reaches(Permission.WORK_TICKETS, order),
    )


def _asked() -> Asked:
    """Return from where on the parts of the page are read."""
    args = request.args
    return Asked(
        Key.read(args.get("after", "")),
        number_of(args.get("evidence")),
        number_of(args.get("events")),
    )


def _addresses(order: WorkOrder, page: OrderPage) -> dict[str, str]:
    """Return where the rest of each part stands: the next machines, older proof, older lines."""
    rest = {
        "next_url": ("after", "items", page.machines.next),
        "proof_url": ("evidence", "proof", page.older_evidence),
        "events_url": ("events", "timeline", page.older_events),
    }
    here = url_for("maintenance.orders.show", order_id=order.id)
    return {"here_url": here} | {
        name: f"{here}?{urlencode({asked: str(key)})}#{anchor}" if key is not None else ""
        for name, (asked, anchor, key) in rest.items()
    }


def _questions(order: WorkOrder) -> dict[str, Any]:
    """Return an order's questions, and what each field of its forms is called."""
    asked = checklists.questions_of(order.checklist)
    labels = {one.key: named(one) for one in asked}
    labels |= {
        "reason": t("order.reason"),
        "signature": t("order.signature"),
        "photos": t("checklist.photo"),
        "assignee_id": t("order.assignee"),
        findings.REMARK: t("order.found_what"),
    }
    asks = findings.may_come_of(asked)
    return {
        "questions": asked,
        "asks_remark": asks,
        "told_range": checklists.told,
        "labels": labels,
    }


def item_shown(order: WorkOrder, found: WorkOrderItem, form: Form) -> str:
    """Return the page of one machine of an order."""
    return render_template(
        "maintenance/item.html",
        order=order,
        item=found,
        form=form,
        rule=RULES[order.evidence_rule],
        **_questions(order),
        place=order_page.place_of(found.asset.location_id),
        is_live=order.status in LIVE,
        me=actor().name,
    )
