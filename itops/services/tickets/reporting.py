"""A ward's report as it was typed: parsed in one place for forms with and without a label."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from itops.errors import FieldError, Invalid
from itops.models import Urgency, What
from itops.services import written
from itops.services.patient_screen import screen

LONGEST_TEXT = 2000
PHONE = re.compile(r"\+?[\d\-() ,转#*]{2,40}")
#: A field that people don't see; what fills in every field is no person.
TRAP = "homepage"


@dataclass(frozen=True, kw_only=True)
class Typed:
    """What somebody reports; only the first two must be said."""

    what: What
    urgency: Urgency
    text: str
    place: str
    department_id: int | None
    name: str
    phone: str


def name(typed: str) -> str:
    """Read what somebody calls themselves, without a number that is nobody's name."""
    return screen(written.text(80)(typed)).text


def phone(typed: str) -> str:
    """Read a telephone number, also one of the house, as somebody writes it."""
    found = written.plain(typed)
    if found and not PHONE.fullmatch(found):
        raise Invalid("report.phone_wrong")
    return found


def chosen(kind: type[StrEnum], refusal: str) -> Callable[[str], Any]:
    """Return a reader of a choice that must be made."""

    def read(typed: str) -> Any:
        if typed not in set(kind):
            raise Invalid(refusal)
        return kind(typed)

    return read


READERS: dict[str, Callable[[str], Any]] = {
    "what": chosen(What, "report.say_what"),
    "urgency": chosen(Urgency, "report.say_how_bad"),
    "text": written.text(LONGEST_TEXT, lines=True),
    "place": written.text(120),
    "department_id": written.row_id,
    "name": name,
    "phone": phone,
}


def parse(typed: Mapping[str, str]) -> Typed:
    """Given the texts of a form, return the report. Raise Invalid with all that is wrong."""
    values: dict[str, Any] = {}
    wrong: list[FieldError] = []
    for field, read in READERS.items():
        try:
            values[field] = read(typed.get(field, ""))
        except Invalid as error:
            wrong.append(FieldError(field, error.message))
    if wrong:
        raise Invalid.many(wrong)
    if typed.get(TRAP):
        raise Invalid("report.trap", field=TRAP)
    return Typed(**values)
