"""An address of every page, with one of everything behind it: for tests that open them all."""

from collections.abc import Callable
from datetime import date
from io import BytesIO
from typing import Any

from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import InstrumentedAttribute
from werkzeug.routing import Rule

from itops.clock import utcnow
from itops.db import db
from itops.models import (
    AccessReview,
    Alert,
    Asset,
    AssetLabel,
    Attachment,
    BackupJob,
    Channel,
    ChannelKind,
    Check,
    Credential,
    Department,
    Enrolment,
    Host,
    HostKey,
    ImportDraft,
    Job,
    LinkPurpose,
    Location,
    MaintenancePlan,
    Role,
    RoleGrant,
    Site,
    SystemModule,
    Ticket,
    User,
    Verification,
    WorkOrder,
    WorkOrderItem,
)
from itops.services.auditing import Actor
from itops.services.demo import loading
from itops.services.demo.machines import machines
from itops.services.demo.year import steps
from itops.services.demo.year.known import Known
from itops.services.maintenance import feeds
from itops.services.months.rows import FIGURES
from itops.services.tickets.codes import follow_code
from itops.services.tickets.opening import Reporter, add_report
from itops.services.users.one_time_links import make_link
from tests import factories
from tests.auth.changes_of_leave import handed
from tests.auth.changes_of_reviews import proposal
from tests.auth.matrix import routes
from tests.conftest import Client
from tests.services.alerting import world
from tests.views.checking.test_credentials import a_key

#: Which row stands behind a number in an address.
KEYS: dict[str, InstrumentedAttribute[int]] = {
    "alert_id": Alert.id,
    "asset_id": Asset.id,
    "channel_id": Channel.id,
    "check_id": Check.id,
    "credential_id": Credential.id,
    "draft_id": ImportDraft.id,
    "host_id": Host.id,
    "key_id": HostKey.id,
    "module_id": SystemModule.id,
    "order_id": WorkOrder.id,
    "review_id": AccessReview.id,
    "plan_id": MaintenancePlan.id,
    "site_id": Site.id,
    "ticket_id": Ticket.id,
    "user_id": User.id,
}
#: What must stand behind the question mark of some.
QUESTIONS = {
    "/checks/<int:check_id>/series": "?metric=duration.seconds",
    "/hosts/<int:host_id>/series": "?metric=cpu.percent",
}
Given = dict[str, Any]
PLACES = {"site": Site.id, "department": Department.id, "location": Location.id}
STANDING = {"module": SystemModule.id, "asset": Asset.id}


def fill(chief: User) -> None:
    """Make the demo's hospital with its year, and one of each thing that it has not."""
    at = utcnow()
    loading.load_hospital(machines(), by="test", at=at)
    for piece in steps.steps():
        piece(Known(at))
        db.session.commit()
    chief.grants += [RoleGrant(role=role) for role in Role if role is not Role.HEAD]
    world.mail_channel()
    factories.credential(name="巡检账号")
    a_key()
    waiting = factories.host(name="waiting", enrolment=Enrolment.PENDING)
    quarantined = factories.host(name="twice", quarantined_at=at)
    merged = factories.host(name="merged", merged_into_id=waiting.id)
    db.session.add(Job(kind="check.now", created_at=at, subject="check:1"))
    handed(factories.user(role=Role.ENGINEER, name="病假"), chief)
    proposal()
    db.session.commit()
    assert waiting.id < quarantined.id < merged.id


def addresses(app: Flask, client: Client) -> dict[str, list[str]]:
    """Return the addresses of each route that is read, by its rule."""
    client.post("/access-reviews")
    upload = {"file": (BytesIO("资产编号,设备名称\nZZ-1,电脑\n".encode()), "a.csv")}
    client.post("/assets/import", data=upload | {"site_id": "1"})
    db.session.rollback()
    found = {
        route: [_built(rule, given) for given in _given(rule)]
        for (method, route), rule in routes(app).items()
        if method == "GET"
    }
    db.session.commit()
    return found


def _built(rule: Rule, given: Given) -> str:
    built = rule.build(given)
    assert built is not None, rule
    return built[1] + QUESTIONS.get(rule.rule, "")


def _first(column: InstrumentedAttribute[int]) -> int | None:
    return db.session.scalar(select(func.min(column)))


def _given(rule: Rule) -> list[Given]:
    """Return what stands in the places of a rule; nothing for none."""
    special = SPECIAL.get(rule.rule)
    if special is not None:
        return special()
    assert rule.arguments <= set(KEYS), f"say in SPECIAL what stands in {rule.rule}"
    return [{name: _first(KEYS[name]) for name in rule.arguments}]


def _of_kinds(columns: dict[str, InstrumentedAttribute[int]], name: str) -> list[Given]:
    return [{"kind": kind, name: _first(column)} for kind, column in columns.items()]


def _host(name: str) -> list[Given]:
    return [{"host_id": db.session.scalar(select(Host.id).where(Host.name == name))}]


def _record() -> list[Given]:
    record = db.session.scalars(select(Verification).limit(1)).one()
    return [{"job_id": record.job_id, "record_id": record.id}]


def _item() -> list[Given]:
    item = db.session.scalars(select(WorkOrderItem).order_by(WorkOrderItem.id).limit(1)).one()
    return [{"order_id": item.order_id, "item_id": item.id}]


def _welcome() -> list[Given]:
    who = factories.user(login="newcomer")
    return [{"token": make_link(who, LinkPurpose.SET_PASSWORD, at=utcnow())}]


def _feed() -> list[Given]:
    owner = db.session.scalars(select(User).limit(1)).one()
    nobody = Actor(None, "")
    _feed, token = feeds.create(owner.id, name="日历", is_only_mine=False, by=nobody, at=utcnow())
    return [{"token": token}]


def _followed() -> list[Given]:
    ticket = db.session.scalars(select(Ticket).limit(1)).one()
    key = "f" * 32
    reporter = Reporter(request_key=key, name="护士")
    add_report(ticket, reporter, is_first=False, at=utcnow())
    return [{"code": follow_code(key)}]


def _code_of(model: type[AssetLabel | Attachment]) -> Callable[[], list[Given]]:
    return lambda: [{"code": db.session.scalar(select(model.code).limit(1))}]


def _these(name: str, *values: str) -> Callable[[], list[Given]]:
    return lambda: [{name: value} for value in values]


def _of_month(name: str, *values: str) -> Callable[[], list[Given]]:
    return lambda: [{"month": this_month(), name: value} for value in values]


def this_month() -> str:
    """Return the month of the addresses."""
    return f"{utcnow():%Y-%m}"


#: Rules whose places are not each the key of a row.
SPECIAL: dict[str, Callable[[], list[Given]]] = {
    "/agent/<any(install.sh, install.ps1):name>": _these("name", "install.sh", "install.ps1"),
    "/alerts/channels/new/<kind>": _these("kind", *ChannelKind),
    "/assets/export.<kind>": _these("kind", "csv", "xlsx"),
    "/attachments/<code>": _code_of(Attachment),
    "/backups/<int:job_id>": lambda: [{"job_id": _first(BackupJob.id)}],
    "/backups/<int:job_id>/edit": lambda: [{"job_id": _first(BackupJob.id)}],
    "/backups/<int:job_id>/records/<int:record_id>": _record,
    "/backups/<int:job_id>/signed-test": lambda: [{"job_id": _first(BackupJob.id)}],
    "/calendar/<token>.ics": _feed,
    "/enrolment/pending/<int:host_id>": lambda: _host("waiting"),
    "/f/<code>": _followed,
    "/hosts/<int:host_id>/release": lambda: _host("twice"),
    "/hosts/<int:host_id>/split": lambda: _host("merged"),
    "/jobs/<int:job_id>": lambda: [{"job_id": _first(Job.id)}],
    "/maintenance/day/<day>": lambda: [{"day": date.isoformat(utcnow().date())}],
    "/maintenance/orders/<int:order_id>/items/<int:item_id>": _item,
    "/modules/stands/<any(module,asset):kind>/<int:thing_id>": lambda: _of_kinds(
        STANDING, "thing_id"
    ),
    "/month": lambda: [{}],
    "/month/<month>": lambda: [{"month": this_month()}],
    "/month/<month>/report.<kind>": _of_month("kind", "xlsx", "docx"),
    "/month/<month>/rows/<figure>": _of_month("figure", *FIGURES),
    "/places/<any(site,department,location):kind>/<int:place_id>/edit": lambda: _of_kinds(
        PLACES, "place_id"
    ),
    "/places/<any(site,department,location):kind>/<int:place_id>/remove": lambda: _of_kinds(
        PLACES, "place_id"
    ),
    "/q/<code>": _code_of(AssetLabel),
    "/static/<string(length=16):digest>/<path:name>": list,
    "/welcome/<token>": _welcome,
}
