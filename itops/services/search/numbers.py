"""Numbers and tags as people type them: 1203, #1203, WO-1203, wo 1203, pc-12; for lists, too."""

import re
from dataclasses import dataclass

from itops.db import LARGEST_KEY
from itops.services.search.words import normal

OF_ANYTHING = re.compile(r"(?:#|no\.?)?\s*([0-9]{1,10})")
OF_AN_ORDER = re.compile(r"wo[\s_-]*([0-9]{1,10})")


@dataclass(frozen=True)
class Numbers:
    """Which ticket and which order somebody may mean; None: none."""

    ticket_id: int | None = None
    order_id: int | None = None


def numbers_in(typed: str) -> Numbers:
    """Return what a text is the number of. A bare number may be a ticket's and an order's."""
    text = normal(typed).strip()
    any_of, order = OF_ANYTHING.fullmatch(text), OF_AN_ORDER.fullmatch(text)
    found = any_of or order
    key = int(found[1]) if found else LARGEST_KEY + 1
    if key > LARGEST_KEY:
        return Numbers()
    return Numbers(None if order else key, key)


def forms_of(typed: str) -> list[str]:
    """Return a tag, serial or name as it was typed, in capitals and in small letters."""
    return list(dict.fromkeys([typed, typed.upper(), typed.lower()]))
