"""The acts of the story: trouble comes, is seen, told, handled and over; each waits for proof."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import func, select

from itops.checks.base import State
from itops.cli.story.cast import ENGINEER, NAMES, World, person
from itops.cli.story.installation import Installation, acting, wait_for
from itops.cli.story.laboratory import Laboratory
from itops.cli.story.letterbox import Letterbox
from itops.cli.story.machines import SshServer, Ups
from itops.cli.story.telling import Teller
from itops.cli.story.watching import LOG_NAME
from itops.clock import monotonic, utcnow
from itops.db import db
from itops.errors import Message, Refused
from itops.models import Alert, AlertStatus, Check, Delivery, DeliveryState
from itops.services.alerting import handling
from itops.services.checking import register
from itops.services.modules.graph import Node, NodeKind
from itops.services.modules.neighbours import neighbours

#: For so long a machine's own news may need until they are seen.
NEWS_SECONDS = 60.0


@dataclass
class Stage:
    """Everything that the acts play with."""

    folder: Path
    installation: Installation
    ssh: SshServer
    ups: Ups
    laboratory: Laboratory
    letterbox: Letterbox
    told: Teller
    world: World
    #: Known once the backup is registered.
    backup_id: int = 0

    @property
    def log(self) -> Path:
        return self.folder / "log" / LOG_NAME

    def url(self, path: str) -> str:
        return f"{self.installation.url}{path}"


Act = Callable[[Stage], None]


def disk_fills(stage: Stage) -> None:
    """Let a log run full: seen over SSH, soft, then hard; told once; emptied; told so."""
    told, check = stage.told, stage.world.log_check
    told.begin("disk")
    stage.log.write_bytes(b"analyser: sample lost\n" * 300_000)
    told.say("disk.fills", bytes=stage.log.stat().st_size)
    found = look(check)
    told.say("disk.soft", why=why(found))
    found = look(check)
    told.say("disk.hard", why=why(found), url=stage.url(f"/checks/{check}"))
    alert = alert_of(f"check:{check}", AlertStatus.OPEN)
    told.say("alert.opened", n=sent_of(alert), url=stage.url(f"/alerts/{alert}"))
    look(check)
    take(alert, stage)
    told.say("disk.once", n=sent_of(alert))
    stage.log.write_bytes(b"")
    look(check)
    over(alert, stage)


def power_fails(stage: Stage) -> None:
    """Let the mains fail: on battery, then low; who would be without what; then power is back."""
    told, check = stage.told, stage.world.ups_check
    told.begin("power")
    look(check)
    stage.ups.say(ups_status="OB DISCHRG", battery_charge="81", battery_runtime="1500")
    found = look_until(check, State.WARNING)
    alert = alert_of(f"check:{check}", AlertStatus.OPEN)
    told.say("power.battery", why=why(found), n=sent_of(alert), url=stage.url(f"/alerts/{alert}"))
    with acting():
        falling = neighbours(Node(NodeKind.ASSET, stage.world.ups_id), lambda *_: True).falling
        words = {
            kind: [one.thing.name for one in found] or "–"
            for kind, found in vars(falling).items()
            if isinstance(found, list)
        }
    told.say("power.falling", url=stage.url(f"/alerts/{alert}"), **words)
    stage.ups.say(ups_status="OB LB DISCHRG", battery_charge="18", battery_runtime="200")
    found = look_until(check, State.CRITICAL)
    told.say("power.low", why=why(found))
    take(alert, stage)
    stage.ups.say()
    look_until(check, State.OK)
    over(alert, stage)


def look(check_id: int) -> Check:
    """Have a check look now, as the button does, and return it with what it found."""
    asked_at = utcnow()
    with acting():
        register.ask_now(db.session.get_one(Check, check_id), by=person(ENGINEER), at=asked_at)

    def answered() -> Check | None:
        found = db.session.get(Check, check_id, populate_existing=True)
        is_done = found is not None and found.checked_at and found.checked_at >= asked_at
        return found if is_done else None

    return wait_for(answered, "check")


def look_until(check_id: int, state: State) -> Check:
    """Look again until the machine's own news has come through."""
    until = monotonic() + NEWS_SECONDS
    while (found := look(check_id)).state is not state:
        if monotonic() > until:
            raise Refused("story.waited", what=Message("story.wait.check"), n=int(NEWS_SECONDS))
    return found


def why(check: Check) -> Message:
    return Message.from_json(check.findings[0]["message"])


def alert_of(subject: str, status: AlertStatus, *, after: datetime | None = None) -> int:
    """Return the newest alert of a subject, once it is there and in this status."""

    def found() -> int | None:
        wanted = select(Alert.id).where(Alert.subject == subject, Alert.status == status)
        if after is not None:
            wanted = wanted.where(Alert.opened_at >= after)
        return db.session.scalars(wanted.order_by(Alert.id.desc())).first()

    return wait_for(found, "alert")


def sent_of(alert_id: int) -> int:
    """Return how many messages went out for an alert, once none waits any more."""

    def done() -> int | None:
        states = db.session.execute(
            select(Delivery.state, func.count())
            .where(Delivery.alert_id == alert_id)
            .group_by(Delivery.state)
        ).all()
        counts = {state: count for state, count in states}  # noqa: C416 - rows, not pairs
        is_waiting = counts.keys() & {DeliveryState.WAITING, DeliveryState.SENDING}
        return counts.get(DeliveryState.SENT) if counts and not is_waiting else None

    return wait_for(done, "messages")


def take(alert_id: int, stage: Stage) -> None:
    """Let the engineer take an alert."""
    with acting():
        alert = db.session.get_one(Alert, alert_id, populate_existing=True)
        handling.take(alert, by=person(ENGINEER), at=utcnow())
    stage.told.say("alert.taken", name=NAMES[ENGINEER])


def over(alert_id: int, stage: Stage) -> None:
    """Wait until an alert is over and whoever knew of it was told so."""

    def resolved() -> Alert | None:
        found = db.session.get(Alert, alert_id, populate_existing=True)
        return found if found is not None and found.is_over else None

    wait_for(resolved, "alert")
    stage.told.say("alert.over", n=sent_of(alert_id), url=stage.url(f"/alerts/{alert_id}"))
