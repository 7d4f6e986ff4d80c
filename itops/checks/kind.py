"""What makes a check: its question, its parser, its judgement, and what a person may set."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from itops.checks.answers import Answer, Output
from itops.checks.base import Finding, Limits, State, Unreadable
from itops.checks.metrics import Unit
from itops.checks.questions import Question, Transport
from itops.errors import FieldError, Invalid, ItopsError, Message

P = TypeVar("P")
A = TypeVar("A", bound=Answer)
R = TypeVar("R")

#: Limits by the name of what they limit.
LimitSet = Mapping[str, Limits]
#: What a shell answers for a command that is not there, or that it may not run.
NOT_THERE = (126, 127)
#: What the script `itops-check` answers for a name or an argument that it does not take.
REFUSED_THERE = 64


@dataclass(frozen=True)
class LimitField:
    """One pair of limits that a person may set."""

    name: str
    default: Limits
    unit: Unit = Unit.NONE
    is_lower_worse: bool = False

    @property
    def key(self) -> str:
        """The catalogue's key of its name for people."""
        return f"check.limit.{self.name}"


@dataclass(frozen=True)
class CheckKind(Generic[P, A, R]):
    """One kind of check, whole: `evaluate(parse(answer to ask(params)), params, limits)`."""

    name: str
    transport: Transport
    params: type[P]
    ask: Callable[[P], Question]
    parse: Callable[[A], R]
    evaluate: Callable[[R, P, LimitSet], Finding]
    limits: tuple[LimitField, ...] = ()
    interval_seconds: int = 300
    #: Names of the families in `checks.metrics` that its findings carry.
    metrics: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """The catalogue's key of its name for people."""
        return f"check.kind.{self.name}"

    def default_limits(self) -> dict[str, Limits]:
        return {field.name: field.default for field in self.limits}


def conclude(kind: CheckKind[P, Any, Any], answer: Answer, params: P, limits: LimitSet) -> Finding:
    """Given what came back, return what it means; what can't be read is UNKNOWN."""
    try:
        if isinstance(answer, Output):
            refuse_unreadable(answer)
        return kind.evaluate(kind.parse(answer), params, {**kind.default_limits(), **limits})
    except Unreadable as problem:
        return unknown(kind, problem)


def unknown(kind: CheckKind[Any, Any, Any], problem: ItopsError) -> Finding:
    """Return the finding of a check that could not be carried out (a RemoteError) or read."""
    return Finding(kind.name, State.UNKNOWN, problem.message)


def refuse_unreadable(output: Output) -> None:
    """Raise Unreadable for what no check could judge, whatever it asked."""
    if output.is_truncated:
        raise Unreadable("check.too_long")
    if not output.encoding:
        raise Unreadable("check.undecodable")
    if output.exit_code in NOT_THERE:
        raise Unreadable("check.no_such_command", said=last_line(output.stderr))
    if output.exit_code == REFUSED_THERE and output.stderr.startswith("itops-check:"):
        raise Unreadable("check.refused_there", said=last_line(output.stderr))


def last_line(text: str) -> str:
    """Return the last line that says something, short enough for a message."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1][:200] if lines else ""


def read_limits(kind: CheckKind[Any, Any, Any], given: Mapping[str, Any]) -> dict[str, Limits]:
    """Given stored `{name: [warning, critical]}`, return limits; missing ones are the defaults.

    Raise Invalid if a name is not the check's, or the critical limit is milder than the warning.
    """
    found = kind.default_limits()
    wrong = [FieldError(name, Message("check.rule.no_such")) for name in given if name not in found]
    for field in kind.limits:
        if field.name in given:
            try:
                found[field.name] = limits_of(field, given[field.name])
            except (TypeError, ValueError):
                wrong.append(FieldError(field.name, Message("check.rule.limits")))
    if wrong:
        raise Invalid.many(wrong)
    return found


def limits_of(field: LimitField, pair: Any) -> Limits:
    """Return a pair as Limits. Raise ValueError or TypeError if it can't be meant."""
    warning, critical = (None if one is None else float(one) for one in pair)
    for one in (warning, critical):
        if one is not None and not -1e15 < one < 1e15:
            raise ValueError
    if warning is not None and critical is not None:
        is_wrong = critical > warning if field.is_lower_worse else critical < warning
        if is_wrong:
            raise ValueError
    return Limits(warning, critical)


def limits_as_json(limits: LimitSet) -> dict[str, list[float | None]]:
    """Return what `read_limits` reads back, for storing."""
    return {name: [pair.warning, pair.critical] for name, pair in limits.items()}
