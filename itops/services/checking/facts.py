"""What a person states of a check, parsed from a form's texts by the grammar of its kind."""

import shlex
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from itops.checks import parameters
from itops.checks.catalogue import CHECKS
from itops.checks.kind import CheckKind, limits_as_json, limits_of, read_limits
from itops.errors import FieldError, Invalid, ItopsError, Message
from itops.models import Check
from itops.services import written

#: Seconds between two looks that a person may choose, and how soon it is looked again when bad.
INTERVALS = (60, 120, 300, 600, 900, 1800, 3600, 21600, 86400)
RETRIES = (15, 30, 60, 120, 300)
MOST_HARD_AFTER = 10
#: Names of a form's fields: parameters, and the two limits of each figure.
PARAM, LIMIT = "p-", "l-"


@dataclass(frozen=True, kw_only=True)
class CheckFacts:
    """Everything about a check that people write; the names are its columns."""

    kind: str
    name: str
    name_en: str = ""
    asset_id: int | None
    module_id: int | None
    site_id: int | None
    address: str
    port: int
    credential_id: int | None
    params: dict[str, Any]
    limits: dict[str, Any]
    interval_seconds: int
    retry_seconds: int
    hard_after: int


def address(typed: str) -> str:
    """Read a host's name or address. Nothing that could be taken for an option is one."""
    found = written.plain(typed)
    if not found:
        return ""
    try:
        return written.ip_address(found)
    except Invalid:
        pass
    try:
        return str(parameters.value_of(parameters.HOST_NAME, found))
    except ValueError:
        raise Invalid("check.rule.host_name") from None


def whole(lowest: int, highest: int, default: int) -> Callable[[str], int]:
    """Return a reader of a whole number; nothing means `default`."""

    def read(typed: str) -> int:
        found = written.plain(typed)
        if not found:
            return default
        if not (found.isascii() and found.isdigit() and len(found) < 10):
            raise Invalid("check.rule.whole", lowest=lowest, highest=highest)
        if not lowest <= int(found) <= highest:
            raise Invalid("check.rule.whole", lowest=lowest, highest=highest)
        return int(found)

    return read


def among(choices: tuple[int, ...], default: int) -> Callable[[str], int]:
    """Return a reader of one of some numbers; nothing means `default`."""

    def read(typed: str) -> int:
        if not typed.strip():
            return default
        if typed.strip() not in map(str, choices):
            raise Invalid("written.choice")
        return int(typed.strip())

    return read


READERS: dict[str, Callable[[str], Any]] = {
    "name": written.text(120),
    "name_en": written.text(120),
    "asset_id": written.row_id,
    "module_id": written.row_id,
    "site_id": written.row_id,
    "address": address,
    "port": whole(1, 65535, 22),
    "credential_id": written.row_id,
    "retry_seconds": among(RETRIES, 60),
    "hard_after": whole(1, MOST_HARD_AFTER, 3),
}


def parse(typed: Mapping[str, str]) -> CheckFacts:
    """Given the texts of a form, return the facts. Raise Invalid with every field that is wrong."""
    kind = CHECKS.get(typed.get("kind", ""))
    if kind is None:
        raise Invalid("check.kind_unknown", field="kind")
    readers = READERS | {"interval_seconds": among(INTERVALS, kind.interval_seconds)}
    values, wrong = written.read_all(readers, typed)
    values["kind"] = kind.name
    values["params"] = _params(kind, typed, wrong)
    values["limits"] = _limits(kind, typed, wrong)
    if wrong:
        raise Invalid.many(wrong)
    return CheckFacts(**values)


def _params(
    kind: CheckKind[Any, Any, Any], typed: Mapping[str, str], wrong: list[FieldError]
) -> dict[str, Any]:
    """Return the parameters as they are stored; what is wrong is added to `wrong`."""
    given = {
        name.removeprefix(PARAM): text.strip()
        for name, text in typed.items()
        if name.startswith(PARAM)
    }
    try:
        return parameters.as_json(parameters.read(kind.params, given))
    except Invalid as error:
        wrong += [FieldError(PARAM + one.field, one.message) for one in error.fields]
        return {}


def _limits(
    kind: CheckKind[Any, Any, Any], typed: Mapping[str, str], wrong: list[FieldError]
) -> dict[str, Any]:
    """Return the limits that differ from the kind's own."""
    found = {}
    for field in kind.limits:
        names = [f"{LIMIT}{field.name}-{level}" for level in ("warning", "critical")]
        if not any(name in typed for name in names):
            continue
        try:
            pair = limits_of(field, [_figure(typed.get(name, "")) for name in names])
        except ValueError:
            wrong.append(FieldError(names[0], Message("check.rule.limits")))
            continue
        if pair != field.default:
            found[field.name] = pair
    return limits_as_json(found)


def _figure(typed: str) -> float | None:
    found = written.plain(typed).replace(",", "")
    return float(parameters.plain_number(found)) if found else None


def facts_of(check: Check) -> CheckFacts:
    """Return what is stated of a check now."""
    return CheckFacts(**{name: getattr(check, name) for name in CheckFacts.__dataclass_fields__})


def typed_of(facts: CheckFacts) -> dict[str, str]:
    """Return the texts from which `parse` reads these facts again."""
    plain = {
        name: "" if value is None else str(value)
        for name, value in asdict(facts).items()
        if name not in ("params", "limits")
    }
    kind = CHECKS.get(facts.kind)
    if kind is None:
        return plain
    return plain | _typed_params(kind, facts.params) | _typed_limits(kind, facts.limits)


def _typed_params(kind: CheckKind[Any, Any, Any], params: Mapping[str, Any]) -> dict[str, str]:
    return {
        PARAM + one.name: as_typed(params.get(one.name, one.default))
        for one in parameters.asked_by(kind.params)
    }


def as_typed(value: Any) -> str:
    """Return a parameter as a person would write it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return shlex.join(map(str, value))
    return f"{value:.15g}" if isinstance(value, float) else str(value)


def _typed_limits(kind: CheckKind[Any, Any, Any], limits: Mapping[str, Any]) -> dict[str, str]:
    try:
        found = read_limits(kind, limits)
    except ItopsError:
        found = kind.default_limits()
    return {
        f"{LIMIT}{name}-{level}": "" if value is None else f"{value:.15g}"
        for name, pair in found.items()
        for level, value in (("warning", pair.warning), ("critical", pair.critical))
    }


def defaults(kind: CheckKind[Any, Any, Any]) -> dict[str, str]:
    """Return what stands in the form of a new check of this kind."""
    return {
        "kind": kind.name,
        "port": "22",
        "interval_seconds": str(kind.interval_seconds),
        "retry_seconds": "60",
        "hard_after": "3",
        **_typed_params(kind, {}),
        **_typed_limits(kind, {}),
    }
