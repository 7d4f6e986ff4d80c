"""Two people edit one thing: what one left as it was is the other's, what both changed is asked.

A form carries what it showed when it was read, in hidden fields beside its own; so it can be told
which fields its writer touched.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TypeVar

from itops.auth.actors import actor
from itops.clock import utcnow
from itops.db import Base
from itops.errors import ItopsError, Message
from itops.services import audit_reading
from itops.services.written import row_id
from itops.views.answering.frame import reader
from itops.views.answering.language import t
from itops.views.showing import formats
from itops.views.showing.forms import WAS, Form

#: A hidden field of the form: the version that the person read; and when, among what was read.
VERSION, READ_AT = "version", "read_at"
#: Changed by both: the field, what was typed, what it is now.
Disputed = Sequence[tuple[str, str, str]]
T = TypeVar("T", bound=Base)


@dataclass(frozen=True)
class Both:
    """What was typed, brought together with the thing as it is now."""

    #: To be saved, or shown again: what its writer left as it was is as it is now.
    typed: Mapping[str, str]
    disputed: Disputed = ()
    #: Changed by the other alone.
    taken: Sequence[str] = ()
    read_at: datetime | None = None

    @property
    def version(self) -> int:
        """The version on which `typed` may be saved."""
        return row_id(self.typed.get(VERSION, "")) or 0


def as_read(shown: Mapping[str, str]) -> Form:
    """Return the form of a thing that somebody begins to edit, with what it shows in its fields."""
    return Form(shown, read={**shown, READ_AT: utcnow().isoformat()})


def brought_together(
    form: Mapping[str, str],
    now: Mapping[str, str],
    *,
    matters: Iterable[Set[str]] = (),
    boxes: Set[str] = frozenset(),
) -> Both:
    """Return what `form` says, on top of the thing as it is `now` if that has changed meanwhile.

    What it leaves out stays as it is; only a box that it showed and does not send is unticked. Of
    a field that does not say what it showed, only its writer can tell whether they touched it: it
    is disputed if it differs. Some changes raise no version: “me too” lifts a ticket's impact.
    The fields of one of the `matters` go together: a secret and the address to which it is sent.
    """
    sent = _sent(form, boxes)
    typed = {**now, **sent}
    is_same_version = form.get(VERSION) == now[VERSION]
    touched = {name for name in sent if _is_touched(name, sent, form)}
    mine_alone = {name for matter in matters if touched & matter for name in matter}
    disputed, taken = [], []
    for name in now.keys() - {VERSION}:
        was, mine, theirs = form.get(WAS + name), typed[name], now[name]
        if _same(mine, theirs):
            continue
        if was is not None and _same(mine, was) and name not in mine_alone:
            typed[name] = theirs
            taken.append(name)
        elif not (is_same_version if was is None else _same(was, theirs)):
            disputed.append((name, mine, theirs))
    order = list(now).index
    typed[VERSION] = now[VERSION]
    disputed.sort(key=lambda one: order(one[0]))
    return Both(typed, disputed, sorted(taken, key=order), _moment(form.get(WAS + READ_AT, "")))


def to_settle(both: Both, now: Mapping[str, str], thing: Base) -> Form:
    """Return the form to show to who lost the race, as typed on top of the thing as it is now."""
    told = Message("form.not_saved", {"told": _told(both, thing)})
    return Form(both.typed, read=as_read(now).read, message=told)


def again(form: Mapping[str, str], both: Both, error: ItopsError) -> Form:
    """Return the form that was refused for another reason, to be shown again on the same version.

    What was brought together stays so: else the next save would lose what the other changed.
    """
    refused = Form.refused({**form, **both.typed}, error)
    now = {name: both.typed[name] for name in (*both.taken, VERSION) if name in both.typed}
    return replace(refused, read={**refused.read, **now})


def also_kept(both: Both, thing: T, labels: Callable[[T], Mapping[str, str]]) -> str:
    """Return the sentence on what the other changed meanwhile and nobody has to settle, if any."""
    if not both.taken:
        return ""
    told = _told(both, thing)
    named = labels(thing)
    names = [named.get(name, name) for name in both.taken]
    return t("form.also_kept", told=told, fields=names)


def _told(both: Both, thing: Base) -> Message:
    """Return who changed the thing since it was read, and when, if the log knows."""
    entry = audit_reading.last_change(thing, since=both.read_at) if both.read_at else None
    if entry is None:
        return Message("form.changed_meanwhile")
    time = formats.stamp(entry.at, reader())
    if entry.actor_id == actor().id:
        return Message("form.changed_by_you", {"time": time})
    return Message("form.changed_by", {"name": entry.actor_name, "time": time})


def _sent(form: Mapping[str, str], boxes: Set[str]) -> dict[str, str]:
    """Return what a form says; of a box that is not ticked, a browser sends nothing."""
    unticked = {name: "" for name in boxes if WAS + name in form}
    return unticked | {name: text for name, text in form.items() if not name.startswith(WAS)}


def _is_touched(name: str, sent: Mapping[str, str], form: Mapping[str, str]) -> bool:
    was = form.get(WAS + name)
    return was is not None and not _same(sent[name], was)


def _same(one: str, other: str) -> bool:
    """Whether two texts are the same once a browser has sent them."""
    return one.replace("\r\n", "\n").strip() == other.replace("\r\n", "\n").strip()


def _moment(text: str) -> datetime | None:
    """Return when a form says that it was read; None where nobody can have."""
    try:
        found = datetime.fromisoformat(text)
        return found.astimezone(UTC) if found.tzinfo else None
    except (ValueError, OverflowError):
        return None
