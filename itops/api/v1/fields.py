"""What the lists tell of each thing: one table, for the answers and for their description."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum
from typing import Any

#: Of a value, its name in JSON Schema; all but numbers and yes or no may be given a format.
INTEGER, BOOLEAN, TEXT = {"type": "integer"}, {"type": "boolean"}, {"type": "string"}
MOMENT = {"type": "string", "format": "date-time"}
DAY = {"type": "string", "format": "date"}


def one_of(kind: type[Enum]) -> dict[str, Any]:
    """Return the schema of an enum's values."""
    return {"type": "string", "enum": [str(each.value) for each in kind]}


def or_none(schema: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of a value that may be missing."""
    found = {**schema, "type": [schema["type"], "null"]}
    return {**found, "enum": [*schema["enum"], None]} if "enum" in schema else found


@dataclass(frozen=True)
class Field:
    """One value: its name, what it means, its schema, and how it is read off a row."""

    name: str
    about: str
    schema: dict[str, Any]
    read: Callable[[Any], Any]


def of(path: str) -> Callable[[Any], Any]:
    """Return what reads "host.asset.tag" off a row; None where the way ends before."""
    names = path.split(".")

    def read(row: Any) -> Any:
        for name in names:
            row = getattr(row, name) if row is not None else None
        return row

    return read


def told(row: Any, fields: tuple[Field, ...]) -> dict[str, Any]:
    """Return what an answer says of one row."""
    return {field.name: _plain(field.read(row)) for field in fields}


def schema_of(fields: tuple[Field, ...]) -> dict[str, Any]:
    """Return the schema of one row; every field is always there."""
    return {
        "type": "object",
        "properties": {
            field.name: {**field.schema, "description": field.about} for field in fields
        },
        "required": [field.name for field in fields],
        "additionalProperties": False,
    }


def _plain(value: Any) -> Any:
    if isinstance(value, datetime | date):
        return value.isoformat()
    return value.value if isinstance(value, Enum) else value
