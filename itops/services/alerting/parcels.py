"""Making messages of deliveries: what is still worth telling, to whom, in which language."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select

from itops.db import db
from itops.errors import Message
from itops.i18n import LANGUAGES
from itops.models import Alert, Channel, Delivery, DeliveryKind, Department, Outbox, User
from itops.services import installation
from itops.services.alerting import channels, wording
from itops.services.alerting.channels import Letterbox
from itops.services.alerting.readers import may_read
from itops.services.alerting.rules import CHANNEL
from itops.services.alerting.surroundings import Surroundings, nodes_of
from itops.services.alerting.wording import Item, Letterhead
from itops.services.modules.graph import NodeKind


class Post:
    """What the messages of one batch have in common, read once."""

    def __init__(self, at: datetime, deliveries: Sequence[Delivery]) -> None:
        self.at = at
        self.settings = installation.settings()
        self._around = Surroundings(at)
        self._alerts = [one.alert for one in deliveries if one.alert is not None]

    def why_not(self, outbox: Outbox, delivery: Delivery) -> Message | None:
        """Return why a delivery need not be made any more; None: it must be."""
        if not outbox.channel.is_enabled:
            return Message("delivery.channel_off")
        if outbox.user is not None:
            return self._why_not_to(outbox.user, outbox.channel, delivery.alert)
        return Message("delivery.nobody") if outbox.user_id is not None else None

    def _why_not_to(self, user: User, channel: Channel, alert: Alert | None) -> Message | None:
        if not user.is_enabled:
            return Message("delivery.account_shut")
        if channel.kind in channels.PERSONAL and not user.email:
            return Message("delivery.no_address")
        if alert is None or alert.rule == CHANNEL or may_read(user, alert, self._around):
            return None
        return Message("delivery.may_not_read")

    def letterbox(self, outbox: Outbox, deliveries: Sequence[Delivery]) -> Letterbox:
        """Return the message that tells of all these deliveries."""
        head, channel = self._head(outbox), outbox.channel
        alerts = list({one.alert_id: one.alert for one in deliveries if one.alert}.values())
        items = [self._item(alert) for alert in alerts]
        text = wording.write(items, head) if items else wording.write_test(head)
        first = deliveries[0]
        return Letterbox(
            kind=channel.kind,
            settings=channel.settings,
            sealed=channel.sealed,
            about=channels.about(channel),
            recipient=outbox.user.email if outbox.user else "",
            id=_id(first.id),
            follows=self._follows(first) if len(deliveries) == 1 else "",
            text=text,
            data={"sent_at": _iso(self.at), "text": text.title, "alerts": list(self._data(alerts))},
            at=self.at,
            rules=channels.rules_of(self.settings),
        )

    def _head(self, outbox: Outbox) -> Letterhead:
        chosen = outbox.user.language if outbox.user else outbox.channel.language
        language = chosen if chosen in LANGUAGES else self.settings.language
        zone = ZoneInfo(self.settings.time_zone)
        return Letterhead(language, zone, self.settings.own_url, self.settings.hospital)

    def _item(self, alert: Alert) -> Item:
        return Item(
            alert_id=alert.id,
            name=alert.subject_name,
            name_en=alert.subject_name_en,
            state=alert.worst if alert.is_over else alert.state,
            message=Message.from_json(alert.message),
            since=alert.first_seen_at,
            until=alert.resolved_at,
            site=(alert.site.name, alert.site.name_en) if alert.site else None,
            departments=self._departments[alert.id],
        )

    @cached_property
    def _departments(self) -> dict[int, tuple[tuple[str, str], ...]]:
        """Return the departments that feel each alert, by its id. One query more than the graph."""
        touched = {
            alert.id: [
                node.id
                for node in sorted(self._around.above(nodes_of(alert)))
                if node.kind is NodeKind.DEPARTMENT
            ]
            for alert in self._alerts
        }
        ids = {key for keys in touched.values() for key in keys}
        rows = db.session.execute(
            select(Department.id, Department.name, Department.name_en).where(Department.id.in_(ids))
        )
        names = {key: (name, name_en) for key, name, name_en in rows} if ids else {}
        found: dict[int, tuple[tuple[str, str], ...]] = defaultdict(tuple)
        found.update({key: tuple(names[one] for one in keys) for key, keys in touched.items()})
        return found

    def _data(self, alerts: Sequence[Alert]) -> Iterator[dict[str, Any]]:
        for alert in alerts:
            yield {
                "id": alert.id,
                "url": f"{self.settings.own_url}/alerts/{alert.id}",
                "status": alert.status.value,
                "state": alert.state.value,
                "subject": alert.subject,
                "name": alert.subject_name,
                "name_en": alert.subject_name_en,
                "rule": alert.rule,
                "message": alert.message,
                "site_id": alert.site_id,
                "opened_at": _iso(alert.opened_at),
                "resolved_at": _iso(alert.resolved_at),
            }

    def _follows(self, delivery: Delivery) -> str:
        """Return the id of the message that told of the trouble, when this tells of its end."""
        if delivery.kind is not DeliveryKind.RECOVERY:
            return ""
        problem = select(Delivery.id, Delivery.sent_with_id).where(
            Delivery.once_key == f"{DeliveryKind.PROBLEM} {delivery.alert_id} {delivery.outbox_id}"
        )
        row = db.session.execute(problem).first()
        return _id(row.sent_with_id or row.id) if row else ""


def _id(delivery_id: int) -> str:
    return f"itops-delivery-{delivery_id}"


def _iso(at: datetime | None) -> str | None:
    return at.isoformat(timespec="seconds") if at else None
