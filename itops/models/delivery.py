"""Messages to people: channels, who is told of what, and the log of what was sent."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from itops.checks.base import State
from itops.db import Base
from itops.models.alert import Alert
from itops.models.due import Due
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
    sealed_by: Mapped[str] = mapped_column(String(16), default="", index=True)
    site_id: Mapped[int | None] = mapped_column(ForeignKey("site.id"), index=True)
    is_enabled: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime]
    last_good_at: Mapped[datetime | None]
    last_bad_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)


class Subscription(Base):
    """A person (or a group's robot: no person) is told through a channel of a site's trouble."""

    __tablename__ = "subscription"

    id: Mapped[int] = mapped_column(primary_key=True)
    channel_id: Mapped[int] = mapped_column(ForeignKey("channel.id", ondelete="CASCADE"))
    channel: Mapped[Channel] = relationship()
    user_id: Mapped[int | None] = mapped_column(
        ForeignKey("user.id", ondelete="CASCADE"), index=True
    )
    user: Mapped[User | None] = relationship()
    site_id: Mapped[int | None] = mapped_column(ForeignKey("site.id"), index=True)
    #: Told from this state on.
    from_state: Mapped[State] = mapped_column(default=State.CRITICAL)
    language: Mapped[str] = mapped_column(String(10), default="")

    __table_args__ = (UniqueConstraint("channel_id", "user_id", "site_id"),)


class DeliveryKind(StrEnum):
    PROBLEM = "problem"
    RECOVERY = "recovery"
    DIGEST = "digest"
    TEST = "test"


class DeliveryState(StrEnum):
    WAITING = "waiting"
    SENDING = "sending"
    SENT = "sent"
    #: The sender died between sending and writing down that it was sent.
    PERHAPS = "perhaps"
    FAILED = "failed"
    #: Over before it was sent.
    DROPPED = "dropped"


class Delivery(Due, Base):
    """One message to one person through one channel."""

    __tablename__ = "delivery"

    id: Mapped[int] = mapped_column(primary_key=True)
    #: "problem 12 user:3 channel:1": one message of a kind, for an episode and a person.
    once_key: Mapped[str] = mapped_column(String(120), unique=True)
    kind: Mapped[DeliveryKind]
    alert_id: Mapped[int | None] = mapped_column(
        ForeignKey("alert.id", ondelete="CASCADE"), index=True
    )
    alert: Mapped[Alert | None] = relationship()
    channel_id: Mapped[int] = mapped_column(ForeignKey("channel.id"), index=True)
    channel: Mapped[Channel] = relationship()
    user_id: Mapped[int | None] = mapped_column(
        ForeignKey("user.id", ondelete="SET NULL"), index=True
    )
    recipient: Mapped[str] = mapped_column(String(254), default="")
    language: Mapped[str] = mapped_column(String(10), default="")
    state: Mapped[DeliveryState] = mapped_column(default=DeliveryState.WAITING)
    created_at: Mapped[datetime]
    attempts: Mapped[int] = mapped_column(default=0)
    sent_at: Mapped[datetime | None]
    #: What the other side answered, or why it failed (a message).
    answer: Mapped[dict[str, Any] | None]

    __table_args__ = (Index("ix_delivery_state_id", "state", "id"),)
