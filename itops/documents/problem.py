"""A problem document (RFC 9457): what machines read when something can't be done."""

from http import HTTPStatus
from typing import Any

from itops.errors import Invalid, ItopsError, Message
from itops.i18n import say

CONTENT_TYPE = "application/problem+json"


def document(
    status: int, problem: ItopsError | Message, language: str, *, instance: str = ""
) -> dict[str, Any]:
    """Return the document for an error; of Invalid it names the fields."""
    message = problem if isinstance(problem, Message) else problem.message
    fields = problem.fields if isinstance(problem, Invalid) else ()
    return {
        "type": f"urn:itops:{message.key}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": say(message, language),
        "instance": instance,
        "errors": [
            {
                "field": each.field,
                "key": each.message.key,
                "message": say(each.message, language),
            }
            for each in fields
        ],
    }
