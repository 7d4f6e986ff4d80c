"""The two views of an edit form: it is shown, and what comes back is saved or shown again."""

from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

from flask import flash, redirect, request
from flask.typing import ResponseReturnValue

from itops.db import Base, db
from itops.errors import Conflict, ItopsError
from itops.views.merging import (
    Both,
    Disputed,
    again,
    also_kept,
    as_read,
    brought_together,
    to_settle,
)
from itops.views.showing.forms import Form

T = TypeVar("T", bound=Base)


@dataclass(frozen=True)
class Saved:
    """What to say once a change stands, and the page to go on to."""

    text: str
    to: str
    warning: str = ""


@dataclass(frozen=True, kw_only=True)
class Editing(Generic[T]):
    """One kind of thing that people edit, as its blueprint knows it."""

    #: Looks it up within reach, or answers 404; asked anew after a rollback.
    find: Callable[[int], T]
    #: What stands in the fields of its form, with its version.
    shown: Callable[[T], dict[str, str]]
    #: Parses what was typed and writes it, on the version of `Both`; raises why it does not.
    write: Callable[[T, Both], Saved]
    #: The page with the form, and what its writer and another disagree about.
    page: Callable[[T, Form, Disputed], str]
    #: The names of the fields, as the reader calls them.
    labels: Callable[[T], Mapping[str, str]]
    #: Fields that go together: nobody's two halves make a third.
    matters: Sequence[Set[str]] = ()
    #: Fields that a browser sends only when they are ticked.
    boxes: Set[str] = frozenset()
    #: Fields that are never sent back to a browser, not even to who typed them.
    secrets: Set[str] = frozenset()

    def begin(self, thing_id: int) -> ResponseReturnValue:
        """Show the form, with the thing as it is."""
        thing = self.find(thing_id)
        return self._page(thing, as_read(self._now(thing)))

    def save(self, thing_id: int) -> ResponseReturnValue:
        """Save what the form of this request says, or show it again with what stands against it."""
        thing = self.find(thing_id)
        both = self._both(thing)
        if both.disputed:
            return self._settle(thing_id)
        try:
            kept = also_kept(both, thing, self.labels)
            saved = self.write(thing, both)
        except Conflict:
            return self._settle(thing_id)
        except ItopsError as error:
            db.session.rollback()
            return self._page(self.find(thing_id), again(request.form, both, error)), 400
        db.session.commit()
        _tell(saved, kept)
        return redirect(saved.to)

    def _settle(self, thing_id: int) -> ResponseReturnValue:
        """Show what was typed beside the thing as it is now; the next save is on that."""
        db.session.rollback()
        thing = self.find(thing_id)
        both = self._both(thing)
        form = to_settle(both, self._now(thing), thing)
        return self._page(thing, form, both.disputed), 409

    def _both(self, thing: T) -> Both:
        now = self._now(thing)
        return brought_together(request.form, now, matters=self.matters, boxes=self.boxes)

    def _now(self, thing: T) -> dict[str, str]:
        """Return what stands in the fields; nothing in those of secrets."""
        return dict.fromkeys(self.secrets, "") | self.shown(thing)

    def _page(self, thing: T, form: Form, disputed: Disputed = ()) -> str:
        values = {name: text for name, text in form.values.items() if name not in self.secrets}
        told = [one for one in disputed if one[0] not in self.secrets]
        return self.page(thing, replace(form, values=values), told)


def _tell(saved: Saved, kept: str) -> None:
    flash(saved.text)
    if kept:
        flash(kept)
    if saved.warning:
        flash(saved.warning, "warning")
