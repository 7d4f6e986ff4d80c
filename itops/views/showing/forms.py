"""A form as the page shows it: what was typed, and what is wrong with it."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Self

from itops.errors import Invalid, ItopsError, Message

#: Before the names of the hidden fields that hold what a form showed at first.
WAS = "was."


@dataclass(frozen=True)
class Form:
    """What stands in a form's fields, the message a field, and one for the whole."""

    values: Mapping[str, Any] = field(default_factory=dict)
    errors: Mapping[str, Message] = field(default_factory=dict)
    message: Message | None = None
    #: What stood in the fields when the person read the thing; empty for something new.
    read: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def typed(cls, typed: Mapping[str, Any]) -> Self:
        """Return the form as it was sent, to be shown again."""
        values = {name: text for name, text in typed.items() if not name.startswith(WAS)}
        read = {one.removeprefix(WAS): typed[one] for one in typed if one.startswith(WAS)}
        return cls(values, read=read)

    @classmethod
    def refused(cls, typed: Mapping[str, Any], error: ItopsError) -> Self:
        """Given what was typed and why it was refused, return the form to show again."""
        fields = error.fields if isinstance(error, Invalid) else ()
        wrong = {one.field: one.message for one in fields}
        return replace(cls.typed(typed), errors=wrong, message=error.message)
