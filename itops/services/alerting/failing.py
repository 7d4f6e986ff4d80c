"""A channel that fails is trouble itself: an alert, told through every other channel."""

from datetime import datetime

from itops.checks.base import Finding, State
from itops.errors import Message
from itops.models import Channel
from itops.services.alerting.rules import CHANNEL
from itops.services.alerting.signals import signal
from itops.services.alerting.subjects import of_channel

#: So many messages in a row that were not taken make a channel dead.
DEAD_AFTER = 3


def note_good(channel: Channel, *, at: datetime) -> None:
    """Write down that a message got through."""
    channel.last_good_at = at
    if channel.failures:
        channel.failures, channel.last_error = 0, None
        well = Finding(CHANNEL, State.OK, Message("alert.well_again"))
        signal(of_channel(channel), CHANNEL, well, at=at)


def note_bad(channel: Channel, why: Message, *, at: datetime) -> None:
    """Write down that a message was not taken; say so elsewhere when it was not the first."""
    channel.last_bad_at, channel.last_error = at, why.as_json()
    channel.failures += 1
    if channel.failures >= DEAD_AFTER:
        message = Message("alert.channel_dead", {"n": channel.failures, "why": why})
        signal(of_channel(channel), CHANNEL, Finding(CHANNEL, State.CRITICAL, message), at=at)
