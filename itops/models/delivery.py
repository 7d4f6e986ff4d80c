"""Messages to people: channels, who is told of what, and the log of what was sent."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from itops.checks.base import State
from itops.db import Base
from itops.models.alert import Alert
from itops.models.asset import Criticality
from itops.models.due import Due
from itops.models.place import Site
from itops.models.user import User


class ChannelKind(StrEnum):
    MAIL = "mail"
    WEBHOOK = "webhook"
    WECOM = "wecom"
    DINGTALK = "dingtalk"
    FEISHU = "feishu"


class Channel(Base):
    """A way out: a mail server, a webhook, a chat group's robot."""

    __tablename__ = "channel"

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[ChannelKind]
    name: Mapped[str] = mapped_column(String(120), unique=True)
    #: What is not secret (server, port, sender); addresses with tokens in them are sealed.
    settings: Mapped[dict[str, Any]] = mapped_column(default=dict)
    sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    #: The key that sealed it, so that a new master key finds what is under the old one.
    sealed_by: Mapped[str] = mapped_column(String(16), default="", index=True)
    #: In which language a group is told; a person has a language.
    language: Mapped[str] = mapped_column(String(10), default="")
    is_enabled: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime]
    created_by: Mapped[str] = mapped_column(String(120))
    last_good_at: Mapped[datetime | None]
    last_bad_at: Mapped[datetime | None]
    #: Failures in a row, and what the last one was (a message).
    failures: Mapped[int] = mapped_column(default=0)
    last_error: Mapped[dict[str, Any] | None]
    #: Grows with every edit; one made on an older version is a Conflict.
    version: Mapped[int] = mapped_column(default=1)


class Subscription(Base):
    """A person (or a group's robot: no person) is told through a channel of a site's trouble."""

    __tablename__ = "subscription"

    id: Mapped[int] = mapped_column(primary_key=True)
    #: "channel user site": the same wish is made once, also where one of them is empty.
    once_key: Mapped[str] = mapped_column(String(60), unique=True)
    channel_id: Mapped[int] = mapped_column(
        ForeignKey("channel.id", ondelete="CASCADE"), index=True
    )
    channel: Mapped[Channel] = relationship()
    user_id: Mapped[int | None] = mapped_column(
        ForeignKey("user.id", ondelete="CASCADE"), index=True
    )
    user: Mapped[User | None] = relationship()
    #: Of this site and all below it; none: of every site that the person may see.
    site_id: Mapped[int | None] = mapped_column(ForeignKey("site.id"), index=True)
    site: Mapped[Site | None] = relationship()
    #: Told from this state on, of things from this criticality on.
    from_state: Mapped[State] = mapped_column(default=State.CRITICAL)
    from_criticality: Mapped[Criticality] = mapped_column(default=Criticality.LOW)
    created_at: Mapped[datetime]
    created_by: Mapped[str] = mapped_column(String(120))


class Outbox(Due, Base):
    """What waits for one person (or for the channel's group) on one channel is sent together.

    It is due when something waits in it. Who is told of forty things at once gets one message.
    """

    __tablename__ = "outbox"

    id: Mapped[int] = mapped_column(primary_key=True)
    #: "channel user": one for a person and a channel, also where there is no person.
    once_key: Mapped[str] = mapped_column(String(40), unique=True)
    channel_id: Mapped[int] = mapped_column(
        ForeignKey("channel.id", ondelete="CASCADE"), index=True
    )
    channel: Mapped[Channel] = relationship()
    user_id: Mapped[int | None] = mapped_column(
        ForeignKey("user.id", ondelete="CASCADE"), index=True
    )
    user: Mapped[User | None] = relationship()
    #: Messages in a row that were not taken: the next try comes later.
    failures: Mapped[int] = mapped_column(default=0)
    last_sent_at: Mapped[datetime | None]


class DeliveryKind(StrEnum):
    PROBLEM = "problem"
    RECOVERY = "recovery"
    TEST = "test"


class DeliveryState(StrEnum):
    WAITING = "waiting"
    SENDING = "sending"
    SENT = "sent"
    #: It was handed over, or about to be, and nobody knows whether it got there.
    PERHAPS = "perhaps"
    FAILED = "failed"
    #: There is nothing to tell any more.
    DROPPED = "dropped"


class Delivery(Base):
    """That one person is told one thing of one episode, through one channel."""

    __tablename__ = "delivery"

    id: Mapped[int] = mapped_column(primary_key=True)
    #: "problem 12 4": one of a kind, for an episode and an outbox.
    once_key: Mapped[str] = mapped_column(String(120), unique=True)
    kind: Mapped[DeliveryKind]
    alert_id: Mapped[int | None] = mapped_column(
        ForeignKey("alert.id", ondelete="CASCADE"), index=True
    )
    alert: Mapped[Alert | None] = relationship()
    outbox_id: Mapped[int] = mapped_column(ForeignKey("outbox.id", ondelete="CASCADE"))
    outbox: Mapped[Outbox] = relationship()
    #: To whom: a mail address as it was then; empty for a group's robot.
    recipient: Mapped[str] = mapped_column(String(254), default="")
    state: Mapped[DeliveryState] = mapped_column(default=DeliveryState.WAITING)
    created_at: Mapped[datetime]
    attempts: Mapped[int] = mapped_column(default=0)
    sent_at: Mapped[datetime | None]
    #: The delivery whose message held this one too.
    sent_with_id: Mapped[int | None] = mapped_column(
        ForeignKey("delivery.id", ondelete="SET NULL"), index=True
    )
    #: What the other side answered, or why it failed (a message).
    answer: Mapped[dict[str, Any] | None]

    __table_args__ = (
        Index("ix_delivery_state_id", "state", "id"),
        Index("ix_delivery_outbox_id_state", "outbox_id", "state"),
    )
