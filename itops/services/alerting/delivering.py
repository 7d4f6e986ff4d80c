"""Emptying outboxes: what waits for one person on one channel goes out as one message.

What is promised: a message is claimed in the database before it is sent, by an update that only one
worker can make. Who dies between sending and writing that down leaves it *perhaps sent*: it is not
repeated to people, because a message twice costs their trust, and the page says so. What was surely
not sent is tried again, later and later, for three days. Webhooks may come twice, with the same id.
A test is tried once: whoever pressed the button reads what came of it, and presses again.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import or_, select, update
from sqlalchemy.orm import joinedload, selectinload

from itops.db import db
from itops.errors import ItopsError, Message
from itops.models import Alert, Delivery, DeliveryKind, DeliveryState, Outbox, User
from itops.remote.sending import PerhapsSent
from itops.services.alerting import channels, failing, parcels
from itops.services.alerting.channels import Letterbox
from itops.services.alerting.telling import PATIENCE
from itops.services.engine.due_rows import (
    Claimed,
    Done,
    DueQueue,
    InterruptedTooOftenError,
)

#: How much later each try is, and when there is none any more.
BACK_OFF = tuple(timedelta(seconds=seconds) for seconds in (30, 60, 120, 300, 600, 900))
GIVEN_UP_AFTER = timedelta(days=3)
#: Of one outbox in one message.
MOST_AT_ONCE = 500


class TakenElsewhereError(Exception):
    """Another worker sends these messages."""


#: Nothing was sent this time. Of workers that died each took its own message along as perhaps sent,
#: so the others go out as if nothing had been.
NOT_BEGUN = (TakenElsewhereError, InterruptedTooOftenError)


@dataclass(frozen=True)
class Parcel:
    """One message that is about to go out, and the deliveries that it carries."""

    box: Letterbox | None
    ids: tuple[int, ...]
    #: Begun by somebody who never said how it ended.
    unsure: tuple[int, ...]
    #: Not to be told any more, and why.
    dropped: Mapping[int, Message]
    #: It tells of nothing but that the channel was tried.
    is_test: bool = False


def load(rows: Sequence[Claimed], at: datetime) -> dict[int, Parcel]:
    """Return the message of each outbox in which something waits."""
    waiting = _waiting([row.id for row in rows])
    found = {}
    outboxes = _outboxes(list(waiting))
    post = parcels.Post(at, [one for each in waiting.values() for one in each])
    for outbox in outboxes:
        found[outbox.id] = _parcel(outbox, waiting[outbox.id], post)
    return found


def _parcel(outbox: Outbox, there: Sequence[Delivery], post: parcels.Post) -> Parcel:
    again = outbox.channel.kind in channels.REPEATABLE
    unsure = tuple(one.id for one in there if one.state is DeliveryState.SENDING)
    ready = [one for one in there if again or one.state is DeliveryState.WAITING]
    dropped = {one.id: why for one in ready if (why := post.why_not(outbox, one)) is not None}
    good = [one for one in ready if one.id not in dropped]
    box = post.letterbox(outbox, good) if good else None
    is_test = all(one.kind is DeliveryKind.TEST for one in good)
    return Parcel(box, tuple(one.id for one in good), () if again else unsure, dropped, is_test)


def carry_out(parcel: Parcel) -> str:
    """Claim the message, then send it."""
    if parcel.box is None:
        return ""
    free = (DeliveryState.WAITING, DeliveryState.SENDING)
    states = free if parcel.box.kind in channels.REPEATABLE else free[:1]
    claimed = db.session.connection().execute(
        update(Delivery)
        .where(Delivery.id.in_(parcel.ids), Delivery.state.in_(states))
        .values(state=DeliveryState.SENDING, attempts=Delivery.attempts + 1)
    )
    if claimed.rowcount != len(parcel.ids):
        raise TakenElsewhereError
    db.session.commit()
    return channels.send(parcel.box)


def settle(done: Sequence[Done], at: datetime) -> None:
    """Write down what became of each message, and when its outbox is looked at again."""
    outboxes = {outbox.id: outbox for outbox in _outboxes([each.row.id for each in done])}
    for each in done:
        outbox, parcel = outboxes[each.row.id], each.task
        _mark(parcel.unsure, DeliveryState.PERHAPS, Message("delivery.interrupted"))
        for key, why in parcel.dropped.items():
            _mark([key], DeliveryState.DROPPED, why)
        if parcel.box is not None and not isinstance(each.error, NOT_BEGUN):
            _settle(outbox, parcel, each, at)
        db.session.flush()
        outbox.due_at = _next(outbox, at)


def _settle(outbox: Outbox, parcel: Parcel, done: Done, at: datetime) -> None:
    if done.error is None:
        answer = Message("delivery.taken", {"answer": done.result})
        _mark(parcel.ids, DeliveryState.SENT, answer, sent_at=at, sent_with_id=parcel.ids[0])
        outbox.failures, outbox.last_sent_at = 0, at
        failing.note_good(outbox.channel, at=at)
        return
    is_repeatable = outbox.channel.kind in channels.REPEATABLE
    if isinstance(done.error, PerhapsSent) and not is_repeatable:
        _mark(parcel.ids, DeliveryState.PERHAPS, done.error.message)
    else:
        _mark(parcel.ids, DeliveryState.WAITING, why(done.error))
        old = Delivery.created_at < at - GIVEN_UP_AFTER
        is_test = Delivery.kind == DeliveryKind.TEST
        _mark(parcel.ids, DeliveryState.FAILED, why(done.error), or_(old, is_test))
    if parcel.is_test:
        return
    outbox.failures += 1
    failing.note_bad(outbox.channel, why(done.error), at=at)


def why(error: Exception) -> Message:
    """Return why a message was not sent; what is our own fault is in the log with its trace."""
    return error.message if isinstance(error, ItopsError) else Message("delivery.own_fault")


def _next(outbox: Outbox, at: datetime) -> datetime | None:
    """Return when an outbox is looked at again."""
    left = select(Delivery.id).where(
        Delivery.outbox_id == outbox.id, Delivery.state == DeliveryState.WAITING
    )
    if db.session.scalar(left.limit(1)) is None:
        return None
    if not outbox.failures:
        return at + PATIENCE
    return at + BACK_OFF[min(outbox.failures, len(BACK_OFF)) - 1]


def _mark(
    ids: Sequence[int], state: DeliveryState, answer: Message, *where: object, **more: object
) -> None:
    if ids:
        db.session.execute(
            update(Delivery)
            .where(Delivery.id.in_(ids), *where)  # type: ignore[arg-type]
            .values(state=state, answer=answer.as_json(), **more)
        )


def _waiting(outbox_ids: Sequence[int]) -> dict[int, list[Delivery]]:
    """Return what waits in these outboxes, oldest first, with the alerts that it tells of."""
    found: dict[int, list[Delivery]] = defaultdict(list)
    statement = (
        select(Delivery)
        .where(
            Delivery.outbox_id.in_(outbox_ids),
            Delivery.state.in_((DeliveryState.WAITING, DeliveryState.SENDING)),
        )
        .options(joinedload(Delivery.alert).joinedload(Alert.site))
        .order_by(Delivery.id)
    )
    for delivery in db.session.scalars(statement):
        if len(found[delivery.outbox_id]) < MOST_AT_ONCE:
            found[delivery.outbox_id].append(delivery)
    return dict(found)


def _outboxes(ids: Sequence[int]) -> list[Outbox]:
    statement = select(Outbox).where(Outbox.id.in_(ids)).order_by(Outbox.id)
    people = joinedload(Outbox.user).options(selectinload(User.grants))
    return list(db.session.scalars(statement.options(joinedload(Outbox.channel), people)))


QUEUE = DueQueue(
    name="messages",
    model=Outbox,
    load=load,
    carry_out=carry_out,
    settle=settle,
    threads=4,
    most_seconds=90,
)
