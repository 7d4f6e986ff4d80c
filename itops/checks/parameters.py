"""Parameters of checks: each has a grammar, and what breaks it never leaves the door."""

import dataclasses
import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeVar

from itops.errors import FieldError, Invalid, Message

P = TypeVar("P")


class Shape(StrEnum):
    """How a parameter is written, and how a form asks for it."""

    TEXT = "text"
    WHOLE = "whole"
    NUMBER = "number"
    YES_NO = "yes_no"
    CHOICE = "choice"
    #: Words with blanks between, quoted as in a shell; stored as a list.
    WORDS = "words"


@dataclass(frozen=True)
class Grammar:
    """What a value may be. `rule` is the catalogue's key of the sentence that says it."""

    shape: Shape
    rule: str = "check.rule.text"
    pattern: re.Pattern[str] | None = None
    longest: int = 250
    lowest: float = 0
    highest: float = 0
    choices: tuple[str, ...] = ()
    example: str = ""


#: No control characters anywhere, no line or paragraph separators, nothing invisible at the ends.
TEXT = r"[^\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]"


def text(rule: str, pattern: str, *, longest: int = 250, example: str = "") -> Grammar:
    """Return the grammar of a text that `pattern` matches from end to end."""
    return Grammar(Shape.TEXT, rule, re.compile(pattern), longest, example=example)


def whole(lowest: int, highest: int, example: str = "") -> Grammar:
    return Grammar(Shape.WHOLE, "check.rule.whole", lowest=lowest, highest=highest, example=example)


def number(lowest: float, highest: float) -> Grammar:
    return Grammar(Shape.NUMBER, "check.rule.number", lowest=lowest, highest=highest)


def choice(*choices: str) -> Grammar:
    return Grammar(Shape.CHOICE, "check.rule.choice", choices=choices)


PATH = text("check.rule.path", rf"/{TEXT}*", longest=1000, example="/srv/backup")
UNIT_NAME = text("check.rule.unit", r"[A-Za-z0-9_][A-Za-z0-9_.@:-]*", example="sshd")
PROCESS_NAME = text("check.rule.process", r"[A-Za-z0-9_][A-Za-z0-9_.+-]*", longest=64)
FILE_NAME = text("check.rule.file_name", r"[A-Za-z0-9_][A-Za-z0-9_.-]*", longest=100)
HOST_NAME = text(
    "check.rule.host_name",
    r"(?=.{1,253}$)[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?"
    r"(\.[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?)*",
    example="his.hospital.example",
)
PHRASE = text("check.rule.text", rf"{TEXT}*")
WEB_PATH = text("check.rule.web_path", r"/[!-~]*", longest=1000, example="/healthz")
PORT = whole(1, 65535)
SECONDS = number(0.1, 30)
YES_NO = Grammar(Shape.YES_NO, "check.rule.yes_no")
WORDS = Grammar(Shape.WORDS, "check.rule.words", re.compile(rf"{TEXT}*"), longest=1000)
MOST_WORDS = 40


def parameter(grammar: Grammar, default: Any = dataclasses.MISSING) -> Any:
    """Return a dataclass' field with a grammar; without a default it must be given."""
    return dataclasses.field(default=default, metadata={"grammar": grammar})


@dataclass(frozen=True)
class Asked:
    """One parameter of a check, as a form or the documentation shows it."""

    name: str
    grammar: Grammar
    is_required: bool
    default: Any

    @property
    def key(self) -> str:
        """The catalogue's key of its name for people."""
        return f"check.param.{self.name}"


def asked_by(params: type[Any]) -> tuple[Asked, ...]:
    """Return the parameters of a check's `Params`, in the order of a form."""
    return tuple(
        Asked(
            field.name,
            field.metadata["grammar"],
            field.default is dataclasses.MISSING,
            None if field.default is dataclasses.MISSING else field.default,
        )
        for field in dataclasses.fields(params)
    )


def read(params: type[P], given: Mapping[str, Any]) -> P:
    """Given a form's texts or stored JSON, return a check's `Params`. Raise Invalid if it breaks.

    Parameters that the check does not have are refused too.
    """
    wrong = [FieldError(name, Message("check.rule.no_such")) for name in given]
    values = {}
    for one in asked_by(params):
        wrong = [error for error in wrong if error.field != one.name]
        value = given.get(one.name)
        if value is None or value in ("", [], ()):
            if one.is_required:
                wrong.append(FieldError(one.name, Message("check.rule.required")))
            continue
        try:
            values[one.name] = value_of(one.grammar, value)
        except (TypeError, ValueError):
            wrong.append(FieldError(one.name, rule_of(one.grammar)))
    if wrong:
        raise Invalid.many(wrong)
    return params(**values)


def as_json(params: Any) -> dict[str, Any]:
    """Return what `read` reads back, for storing."""
    return {
        name: list(value) if isinstance(value, tuple) else value
        for name, value in dataclasses.asdict(params).items()
    }


def rule_of(grammar: Grammar) -> Message:
    """Return the sentence that says what a value must be."""
    params: dict[str, Any] = {}
    if grammar.shape in (Shape.WHOLE, Shape.NUMBER):
        params = {"lowest": grammar.lowest, "highest": grammar.highest}
    elif grammar.shape is Shape.CHOICE:
        params = {"choices": grammar.choices}
    elif grammar.shape in (Shape.TEXT, Shape.WORDS):
        params = {"longest": grammar.longest}
    return Message(grammar.rule, params)


def value_of(grammar: Grammar, value: Any) -> Any:
    """Given a text or a stored value, return the typed one. Raise ValueError or TypeError."""
    match grammar.shape:
        case Shape.WHOLE:
            return within(grammar, int(plain_number(value)))
        case Shape.NUMBER:
            return within(grammar, float(plain_number(value)))
        case Shape.YES_NO:
            return yes_or_no(value)
        case Shape.WORDS:
            return words_of(grammar, value)
        case _:
            return text_of(grammar, value)


def plain_number(value: Any) -> str:
    """Return a number's text. Raise for anything that Python alone would take."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise TypeError
    if not re.fullmatch(r"-?[0-9]{1,15}(\.[0-9]{1,15})?", text := str(value).strip()):
        raise ValueError
    return text


def within(grammar: Grammar, value: float) -> float:
    if not grammar.lowest <= value <= grammar.highest:
        raise ValueError
    return value


def yes_or_no(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    if value not in ("yes", "no", "on"):
        raise ValueError
    return bool(value != "no")


def text_of(grammar: Grammar, value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError
    if len(value) > grammar.longest:
        raise ValueError
    if grammar.choices and value not in grammar.choices:
        raise ValueError
    if grammar.pattern and not grammar.pattern.fullmatch(value):
        raise ValueError
    return value


def words_of(grammar: Grammar, value: Any) -> tuple[str, ...]:
    if not isinstance(value, str | list | tuple):
        raise TypeError
    words = shlex.split(value) if isinstance(value, str) else value
    if len(words) > MOST_WORDS:
        raise ValueError
    return tuple(text_of(grammar, word) for word in words)
