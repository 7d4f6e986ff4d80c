"""The description of /api/v1 in OpenAPI 3.1, made from the tables that make the answers."""

import sys
from typing import Any

from itops.api.v1.fields import INTEGER, TEXT, or_none, schema_of
from itops.api.v1.lists import LISTS, Listing
from itops.documents.problem import CONTENT_TYPE

PROBLEM = {
    "type": "object",
    "description": "What went wrong (RFC 9457).",
    "properties": {
        "type": {**TEXT, "description": "A name for the kind of problem."},
        "title": TEXT,
        "status": INTEGER,
        "detail": {**TEXT, "description": "A sentence for people, in the person's language."},
        "instance": {**TEXT, "description": "A number to quote; the log has it, too."},
        "errors": {
            "type": "array",
            "description": "What is wrong with each field or parameter.",
            "items": {
                "type": "object",
                "properties": {"field": TEXT, "key": TEXT, "message": TEXT},
                "required": ["field", "key", "message"],
                "additionalProperties": False,
            },
        },
    },
    "required": ["type", "title", "status", "detail", "instance", "errors"],
    "additionalProperties": False,
}
REFUSALS = {
    "400": "A parameter is wrong or not known.",
    "401": "There is no token, or it is wrong, has ended or was revoked.",
    "403": "The token's scope, or its person's rights by now, do not hold this.",
}
PARAMETERS = [
    {
        "name": "after",
        "in": "query",
        "description": "The page begins after the row with this number.",
        "schema": {"type": "integer", "minimum": 0, "default": 0},
    },
    {
        "name": "limit",
        "in": "query",
        "description": "Rows on a page.",
        "schema": {"type": "integer", "minimum": 1, "maximum": 500, "default": 100},
    },
]


def document() -> dict[str, Any]:
    """Return the whole description."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "itops",
            "version": sys.modules["itops"].__version__,
            "description": "Lists for programs. A token is made under *My account*; it acts as its"
            " person, in its scope only, and sees exactly what the pages show to that person.",
        },
        "paths": {f"/api/v1/{one.name}": {"get": _operation(one)} for one in LISTS},
        "components": {
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
            "schemas": {"problem": PROBLEM, **{one.name: schema_of(one.fields) for one in LISTS}},
        },
    }


def _operation(listing: Listing) -> dict[str, Any]:
    return {
        "operationId": listing.name,
        "summary": listing.about,
        "description": f"Needs `{listing.permission}` in the token's scope.",
        "security": [{"token": []}],
        "parameters": PARAMETERS,
        "responses": {
            "200": {
                "description": "A page, in the order of the numbers.",
                "content": {"application/json": {"schema": _page(listing)}},
            },
            **{code: _refusal(about) for code, about in REFUSALS.items()},
        },
    }


def _page(listing: Listing) -> dict[str, Any]:
    items = {"type": "array", "items": {"$ref": f"#/components/schemas/{listing.name}"}}
    following = {**or_none(TEXT), "description": "The address of the next page; null: the last."}
    return {
        "type": "object",
        "properties": {"items": items, "next": following},
        "required": ["items", "next"],
        "additionalProperties": False,
    }


def _refusal(about: str) -> dict[str, Any]:
    content = {CONTENT_TYPE: {"schema": {"$ref": "#/components/schemas/problem"}}}
    return {"description": about, "content": content}
