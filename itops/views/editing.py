"""The two views of an edit form: it is shown, and what comes back is saved or shown again."""

from collections.abc import Callable, Mapping, Set
from dataclasses import dataclass
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
    #: Fields that go together.
    one_matter: Set[str] = frozenset()
    #: Fields that a browser sends only when they are ticked.
    boxes: Set[str] = frozenset()

    def begin(self, thing_id: int) -> ResponseReturnValue:
        """Show the form, with the thing as it is."""
        thing = self.find(thing_id)
        return self.page(thing, as_read(self.shown(thing)), ())

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
            return self.page(self.find(thing_id), again(request.form, both, error), ()), 400
        db.session.commit()
        _tell(saved, kept)
        return redirect(saved.to)

    def _settle(self, thing_id: int) -> ResponseReturnValue:
        """Show what was typed beside the thing as it is now; the next save is on that."""
        db.session.rollback()
        thing = self.find(thing_id)
        both = self._both(thing)
        return self.page(thing, to_settle(both, self.shown(thing), thing), both.disputed), 409

    def _both(self, thing: T) -> Both:
        now = self.shown(thing)
        return brought_together(request.form, now, one_matter=self.one_matter, boxes=self.boxes)


def _tell(saved: Saved, kept: str) -> None:
    flash(saved.text)
    if kept:
        flash(kept)
    if saved.warning:
        flash(saved.warning, "warning")
