"""How the routes of alerts that change something are called so that they do."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from itops.clock import utcnow
from itops.db import db
from itops.models import Delivery, DeliveryKind, DeliveryState, Quiet, QuietKind, User
from itops.services.alerting import telling
from tests import factories
from tests.services.alerting.world import mail_channel, told, trouble

Call = tuple[str, dict[str, Any]]
MAIL = {
    "name": "邮件",
    "host": "mail.hospital.example",
    "port": "25",
    "security": "none",
    "sender": "it@hospital.example",
    "version": "1",
}


def _on_alert(act: str, **form: str) -> Callable[[User], Call]:
    return lambda _me: (f"/alerts/{trouble(at=utcnow()).id}/{act}", form)


def _on_channel(act: str, **form: str) -> Callable[[User], Call]:
    def call(me: User) -> Call:
        me.email = "me@hospital.example"
        return f"/alerts/channels/{mail_channel().id}/{act}", form

    return call


def _ticket(_me: User) -> Call:
    return f"/alerts/{trouble(site_id=factories.site().id, at=utcnow()).id}/ticket", {}


def _plan(_me: User) -> Call:
    starts, ends = utcnow() + timedelta(days=1), utcnow() + timedelta(days=2)
    form = {"reason": "换内存", "starts": f"{starts:%Y-%m-%d}", "ends": f"{ends:%Y-%m-%d}"}
    return "/alerts/quiets/new", {**form, "everything": "1"}


def _end(_me: User) -> Call:
    at = utcnow()
    made = Quiet(
        kind=QuietKind.WINDOW,
        reason="换内存",
        starts_at=at,
        ends_at=at + timedelta(hours=1),
        created_at=at,
        created_by="甲",
    )
    db.session.add(made)
    db.session.flush()
    return f"/alerts/quiets/{made.id}/end", {}


def _subscribe(me: User) -> Call:
    me.email = "me@hospital.example"
    return "/alerts/subscriptions", {"channel_id": str(mail_channel().id)}


def _again(me: User) -> Call:
    outbox = telling.outbox_for(mail_channel().id, me.id)
    telling.put(None, DeliveryKind.TEST, outbox, at=utcnow())
    db.session.query(Delivery).update({"state": DeliveryState.FAILED})
    return f"/alerts/deliveries/{db.session.query(Delivery).one().id}/again", {}


CHANGES: dict[str, Callable[[User], Call]] = {
    "alerts.handling.take": _on_alert("take"),
    "alerts.handling.note": _on_alert("note", note="换了硬盘"),
    "alerts.handling.silence": _on_alert("silence", length="1h", reason="备件已订"),
    "alerts.handling.open_ticket": _ticket,
    "alerts.quiets.plan": _plan,
    "alerts.quiets.end": _end,
    "alerts.channels.create": lambda _me: ("/alerts/channels/new/mail", MAIL),
    "alerts.channels.update": _on_channel("edit", **MAIL),
    "alerts.channels.switch": _on_channel("switch", to="off"),
    "alerts.channels.test": _on_channel("test"),
    "alerts.subscriptions.add": _subscribe,
    "alerts.subscriptions.remove": lambda me: (
        f"/alerts/subscriptions/{told(mail_channel(), me).id}/remove",
        {},
    ),
    "alerts.deliveries.again": _again,
}
