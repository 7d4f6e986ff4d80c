"""Finding among few rows by a part of their names: some hundred modules need no index.

To build a condition takes longer than to ask it: what a page asks each time is built once, of
`places` for the words, and given the words of `as_given` when it is asked.
"""

from collections.abc import Sequence

from sqlalchemy import BindParameter, ColumnElement, String, and_, bindparam, or_, true
from sqlalchemy.orm import InstrumentedAttribute

from itops.services.search.words import MOST_WORDS

ESCAPE = "/"


def patterns(typed: str) -> list[str]:
    """Return the words that somebody typed, for `has_words`."""
    return [f"%{_as_it_is(word)}%" for word in typed.split()[:MOST_WORDS]]


def places(count: int) -> list[BindParameter[str]]:
    """Return places for so many words."""
    return [bindparam(f"word{number}", type_=String) for number in range(count)]


def as_given(words: Sequence[str]) -> dict[str, str]:
    """Return the words by the names of their places."""
    return {f"word{number}": word for number, word in enumerate(words)}


def has_words(
    words: Sequence[str] | Sequence[BindParameter[str]], *columns: InstrumentedAttribute[str]
) -> ColumnElement[bool]:
    """Return what is true where each of the words stands in one of the columns."""
    found = [or_(*(one.ilike(word, escape=ESCAPE) for one in columns)) for word in words]
    return and_(true(), *found)


def _as_it_is(word: str) -> str:
    """Return a word in which nothing stands for anything else."""
    for special in (ESCAPE, "%", "_"):
        word = word.replace(special, ESCAPE + special)
    return word
