"""Every form with which somebody edits a thing that others edit too: for tests over all of them."""

from collections.abc import Callable
from dataclasses import dataclass, field

from sqlalchemy import select

from itops.db import db
from itops.models import CredentialKind, Role, RoleGrant, User
from itops.services.maintenance.checklists import Asks, Question
from tests import factories
from tests.conftest import Client
from tests.services.alerting.world import mail_channel
from tests.services.maintenance.planned import plan

FIRST = "起初"
TEMPERATURE = Question(
    key="q1", kind=Asks.READING, text="温度", text_en="Heat", unit="°C", low=15, high=30
)
NOTE = Question(key="q2", kind=Asks.NOTE, text="备注", required=False)


@dataclass(frozen=True)
class EditForm:
    """One form: how its thing is made, and what may be typed into it."""

    #: Makes one of a name; returns the address of its form.
    make: Callable[..., str]
    #: Fields that anybody may fill with any words; the first is the thing's name.
    words: tuple[str, ...]
    #: What a person may write into the fields that a new thing leaves empty.
    filled: dict[str, str] = field(default_factory=dict)
    #: Those that a browser sends only when they are ticked.
    boxes: tuple[str, ...] = ()
    #: The last part of the address to which the form is sent.
    posts_to: str = "edit"

    def target(self, path: str) -> str:
        """Return where the form of an address is sent."""
        return path.removesuffix("edit") + self.posts_to


def editor(sign_in: Callable[..., Client], login: str = "anna", **given: str) -> Client:
    """Return a browser of somebody who may use every one of these forms."""
    client = sign_in(Role.HEAD, login=login, **given)
    user = db.session.scalars(select(User).where(User.login == login)).one()
    user.grants.append(RoleGrant(role=Role.SYSTEM_ADMIN))
    db.session.commit()
    return client


def an_asset(name: str = FIRST) -> str:
    return f"/assets/{factories.asset(name=name).id}/edit"


def a_module(name: str = FIRST) -> str:
    return f"/modules/{factories.module(name=name).id}/edit"


def a_backup(name: str = FIRST) -> str:
    return f"/backups/{factories.backup(name=name).id}/edit"


def a_ticket(name: str = FIRST) -> str:
    ticket = factories.ticket(title=name, module_id=factories.module().id)
    return f"/tickets/{ticket.id}/edit"


def a_check(name: str = FIRST) -> str:
    return f"/checks/{factories.check(name=name, params={'port': 80}).id}/edit"


def a_plan(name: str = FIRST) -> str:
    given = {"type_key": factories.asset_type().key, "recurrence": "FREQ=WEEKLY;BYDAY=MO,TH"}
    made = plan(TEMPERATURE, NOTE, name=name, **given)
    return f"/maintenance/plans/{made.id}/edit"


def a_department(name: str = FIRST) -> str:
    return f"/places/department/{factories.department(name=name).id}/edit"


def a_person(name: str = FIRST) -> str:
    return f"/users/{factories.user(name=name).id}/edit"


def a_mail_channel(name: str = FIRST) -> str:
    settings = {"host": "post.hospital.example", "port": 25, "security": "none", "login": ""}
    sender = {"sender": "itops@hospital.example"}
    return f"/alerts/channels/{mail_channel(name=name, settings=settings | sender).id}/edit"


def a_key(name: str = FIRST) -> str:
    key = factories.credential(name=name, kind=CredentialKind.SSH_KEY, options={"is_forced": True})
    return f"/checks/credentials/{key.id}/edit"


def a_monitoring_user(name: str = FIRST) -> str:
    kind, options = CredentialKind.SNMP_USER, {"auth": "sha512", "privacy": "aes256"}
    user = factories.credential(name=name, kind=kind, options=options)
    return f"/checks/credentials/{user.id}/edit"


EDIT_FORMS = {
    "asset": EditForm(
        an_asset,
        ("name", "custodian", "notes"),
        {
            "name_en": "First",
            "custodian": "李娜",
            "vendor": "甲公司",
            "model": "M-1",
            "serial": "S-1",
            "ip_address": "10.0.0.9",
            "mac_address": "00:11:22:33:44:55",
            "purchased_on": "2026-01-01",
            "warranty_until_on": "2029-01-01",
            "price_fen": "4500",
            "notes": "保修",
        },
    ),
    "module": EditForm(
        a_module,
        ("name", "vendor", "notes"),
        {
            "name_en": "First",
            "software_version": "5.1",
            "vendor": "乙公司",
            "vendor_phone": "010-1",
            "rpo_minutes": "15",
            "rto_minutes": "30",
            "service_days": "workdays",
            "from": "08:00",
            "to": "18:00",
            "meanwhile": "用纸",
            "meanwhile_en": "Paper",
            "notes": "两地",
        },
    ),
    "backup": EditForm(
        a_backup,
        ("name", "name_en", "place"),
        {
            "name_en": "First",
            "place": "机房",
            "is_off_site": "yes",
            "backup_class": "2",
            "grace_minutes": "45",
            "rpo_minutes": "15",
            "rto_minutes": "30",
            "restore_test_days": "30",
        },
    ),
    "ticket": EditForm(
        a_ticket,
        ("title", "place", "text"),
        {"place": "三楼", "text": "打不开", "what": "slow", "impact": "hospital"},
    ),
    "check": EditForm(
        a_check,
        ("name",),
        {"name_en": "First", "interval_seconds": "600", "hard_after": "5", "retry_seconds": "30"},
    ),
    "plan": EditForm(
        a_plan,
        ("name", "name_en", "instructions"),
        {
            "name_en": "First",
            "instructions": "先断电",
            "every": "2",
            "lead_days": "3",
            "needs_sign_off": "1",
            "text-2": "照片",
            "kind-2": "photo",
        },
        ("needs_sign_off", "weekday-0", "weekday-3", "optional-1"),
    ),
    "place": EditForm(a_department, ("name", "name_en"), {"name_en": "First"}, posts_to="rename"),
    "person": EditForm(
        a_person,
        ("name",),
        {"email": "a@hospital.example", "phone": "8120", "language": "en"},
    ),
    "channel": EditForm(
        a_mail_channel,
        ("name",),
        {"host": "mail.hospital.example", "port": "587", "security": "starttls", "login": "it"},
    ),
    "key": EditForm(a_key, ("name",), {"user_name": "looker"}, ("is_forced",)),
    "monitoring user": EditForm(a_monitoring_user, ("name",), {"user_name": "looker"}),
}
