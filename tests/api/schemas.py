"""As much of JSON Schema as our description of /api/v1 uses, to hold answers against it."""

from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

TYPES = {"integer": int, "string": str, "boolean": bool, "array": list, "object": dict}


def faults(
    value: Any, schema: dict[str, Any], whole: dict[str, Any], at: str = ""
) -> Iterator[str]:
    """Yield where `value` is not what the schema says; `whole` is the document of references."""
    schema = _found(schema, whole)
    kinds = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    if value is None and "null" in kinds:
        return
    if not any(_is(value, kind) for kind in kinds if kind != "null"):
        yield f"{at} is {value!r}, not {kinds}"
    elif value not in schema.get("enum", [value]) or not _reads(value, schema.get("format")):
        yield f"{at} is {value!r}: {schema}"
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from faults(item, schema["items"], whole, f"{at}[{number}]")
    elif isinstance(value, dict):
        yield from _of_object(value, schema, whole, at)


def _found(schema: dict[str, Any], whole: dict[str, Any]) -> dict[str, Any]:
    """Return the schema, or the one that it refers to."""
    if "$ref" not in schema:
        return schema
    found: Any = whole
    for name in schema["$ref"].removeprefix("#/").split("/"):
        found = found[name]
    return dict(found)


def _of_object(
    value: dict[str, Any], schema: dict[str, Any], whole: dict[str, Any], at: str
) -> Iterator[str]:
    known = schema["properties"]
    yield from (f"{at}.{name} is missing" for name in schema["required"] if name not in value)
    for name, each in value.items():
        if name in known:
            yield from faults(each, known[name], whole, f"{at}.{name}")
        else:
            yield f"{at}.{name} is not described"


def _is(value: Any, kind: str) -> bool:
    return isinstance(value, TYPES[kind]) and not (kind == "integer" and isinstance(value, bool))


def _reads(value: Any, form: str | None) -> bool:
    """Whether a text is a moment (with a time zone) or a day, where it has to be one."""
    if form is None:
        return True
    try:
        if form == "date":
            date.fromisoformat(value)
            return True
        return datetime.fromisoformat(value).tzinfo is not None
    except ValueError:
        return False
