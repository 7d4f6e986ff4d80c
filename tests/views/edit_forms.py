"""Every form with which somebody edits a thing that others edit too: for tests over all of them."""

from collections.abc import Callable
from dataclasses import dataclass, field

from tests import factories


@dataclass(frozen=True)
class EditForm:
    """One form: how its thing is made, and what may be typed into it."""

    #: Makes one whose first word is 起初; returns the address of its form.
    make: Callable[[], str]
    #: Fields that anybody may fill with any words; the first is the thing's name.
    words: tuple[str, ...]
    #: What a person may write into the fields that a new thing leaves empty.
    filled: dict[str, str] = field(default_factory=dict)


def an_asset() -> str:
    return f"/assets/{factories.asset(name='起初').id}/edit"


def a_module() -> str:
    return f"/modules/{factories.module(name='起初').id}/edit"


def a_backup() -> str:
    return f"/backups/{factories.backup(name='起初').id}/edit"


def a_ticket() -> str:
    ticket = factories.ticket(title="起初", module_id=factories.module().id)
    return f"/tickets/{ticket.id}/edit"


def a_check() -> str:
    return f"/checks/{factories.check(name='起初', params={'port': 80}).id}/edit"


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
}
