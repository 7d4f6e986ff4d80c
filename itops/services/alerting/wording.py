"""What a message says: in the reader's language, the worst first, with a way to the page."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from itops.checks.base import BOARD_ORDER, State
from itops.errors import Message
from itops.i18n import name_in, say, translate

#: Of more than this, a message names the worst.
MOST_ITEMS = 20


@dataclass(frozen=True)
class Item:
    """One episode as it is told."""

    alert_id: int
    name: str
    name_en: str
    state: State
    message: Message
    since: datetime
    #: When it was over; None: it is not.
    until: datetime | None
    #: (name, name_en) of the site and of the departments that feel it.
    site: tuple[str, str] | None = None
    departments: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Letterhead:
    """For whom and from where a message is written."""

    language: str
    zone: ZoneInfo
    #: The address of this installation, as people use it.
    url: str
    hospital: str


@dataclass(frozen=True)
class Text:
    """A message: its title, and all of it."""

    title: str
    body: str


def write(items: Sequence[Item], head: Letterhead) -> Text:
    """Return one message that tells of all `items` (at least one), the worst first."""
    ordered = sorted(items, key=lambda one: (one.until is not None, _rank(one), one.since))
    told = [_told(item, head) for item in ordered[:MOST_ITEMS]]
    if len(ordered) > MOST_ITEMS:
        told.append(_t(head, "message.more", n=len(ordered) - MOST_ITEMS))
    if len(ordered) > 1:
        told.append(f"{head.url}/alerts")
    return Text(_title(ordered, head), "\n\n".join([*told, _footer(head)]) + "\n")


def write_test(head: Letterhead) -> Text:
    """Return the message that tries a channel."""
    title = _t(head, "message.test_title")
    return Text(title, f"{_t(head, 'message.test')}\n\n{_footer(head)}\n")


def _title(items: Sequence[Item], head: Letterhead) -> str:
    if len(items) == 1:
        item = items[0]
        return f"[{_word(item, head)}] {_name(item, head)}: {say(item.message, head.language)}"
    over = sum(item.until is not None for item in items)
    parts = []
    if len(items) > over:
        parts.append(_t(head, "message.problems", n=len(items) - over))
    if over:
        parts.append(_t(head, "message.recoveries", n=over))
    return _t(head, "message.digest", what=_t(head, "message.and").join(parts))


def _told(item: Item, head: Letterhead) -> str:
    lines = [
        f"[{_word(item, head)}] {_name(item, head)}",
        say(item.message, head.language),
        _when(item, head),
    ]
    if item.site:
        lines.append(_t(head, "message.site", site=name_in(head.language, *item.site)))
    if item.departments and item.until is None:
        names = [name_in(head.language, *one) for one in item.departments]
        lines.append(_t(head, "message.departments", names=_t(head, "message.and").join(names)))
    return "\n".join([*lines, f"{head.url}/alerts/{item.alert_id}"])


def _when(item: Item, head: Letterhead) -> str:
    since = _moment(item.since, head)
    if item.until is None:
        return _t(head, "message.since", since=since)
    minutes = max(1, round((item.until - item.since).total_seconds() / 60))
    return _t(head, "message.lasted", since=since, until=_moment(item.until, head), n=minutes)


def _word(item: Item, head: Letterhead) -> str:
    return _t(head, "message.over" if item.until else f"state.{item.state}")


def _name(item: Item, head: Letterhead) -> str:
    return name_in(head.language, item.name, item.name_en)


def _footer(head: Letterhead) -> str:
    return _t(head, "message.footer", hospital=head.hospital or "itops")


def _rank(item: Item) -> int:
    return BOARD_ORDER.index(item.state)


def _moment(at: datetime, head: Letterhead) -> str:
    return at.astimezone(head.zone).strftime("%m-%d %H:%M")


def _t(head: Letterhead, key: str, **params: object) -> str:
    return translate(key, head.language, **params)
