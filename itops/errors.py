"""The messages we raise and store, and the few errors that a caller may handle."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Message:
    """A sentence that has not been said yet: a key of the catalogue and its parameters.

    A parameter may be a Message itself, rendered in the same language, or a list of names.
    """

    key: str
    params: Mapping[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """Return what `from_json` reads back."""
        return {
            "key": self.key,
            "params": {
                name: value.as_json() if isinstance(value, Message) else value
                for name, value in self.params.items()
            },
        }

    @classmethod
    def from_json(cls, given: Mapping[str, Any]) -> "Message":
        """Return the message that `as_json` wrote."""
        params = {
            name: cls.from_json(value) if isinstance(value, dict) and "key" in value else value
            for name, value in given["params"].items()
        }
        return cls(given["key"], params)


@dataclass(frozen=True)
class FieldError:
    """What is wrong with one field, as a message that the edge renders."""

    field: str
    message: Message


class ItopsError(Exception):
    """A request that we understand and don't carry out. Its message is fit to show to a person."""

    def __init__(self, key: str, **params: Any) -> None:
        super().__init__(key)
        self.message = Message(key, params)

    def __reduce__(self) -> tuple[Any, ...]:
        """Come through between processes as it is, whatever its class asks of who makes one."""
        return _as_it_was, (type(self), self.args, self.__dict__)


class Invalid(ItopsError):
    """The input breaks a rule; `fields` names where, one entry for each field that is wrong."""

    def __init__(self, key: str, *, field: str = "", **params: Any) -> None:
        super().__init__(key, **params)
        self.fields: tuple[FieldError, ...] = (FieldError(field, self.message),) if field else ()

    @classmethod
    def many(cls, fields: Sequence[FieldError]) -> "Invalid":
        """Return one error that stands for all of `fields` (at least one)."""
        error = cls("error.fields_wrong", n=len(fields))
        error.fields = tuple(fields)
        return error


class Refused(ItopsError):
    """The input is fine, but the thing is not in a state that allows it."""


class Conflict(Refused):
    """Somebody else changed the thing since the person read it."""


class Misconfigured(ItopsError):
    """A setting or the installation is wrong; the message names it. Raised at start only."""


def _as_it_was(kind: type[ItopsError], args: tuple[Any, ...], known: dict[str, Any]) -> ItopsError:
    error = kind.__new__(kind, *args)
    error.__dict__.update(known)
    return error
