"""A form as the page shows it: what was typed, and what is wrong with it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from itops.errors import Invalid, ItopsError, Message


@dataclass(frozen=True)
class Form:
    """What stands in a form's fields, the message a field, and one for the whole."""

    values: Mapping[str, Any] = field(default_factory=dict)
    errors: Mapping[str, Message] = field(default_factory=dict)
    message: Message | None = None

    @classmethod
    def refused(cls, typed: Mapping[str, Any], error: ItopsError) -> Self:
        """Given what was typed and why it was refused, return the form to show again."""
        fields = error.fields if isinstance(error, Invalid) else ()
        return cls(dict(typed), {wrong.field: wrong.message for wrong in fields}, error.message)
