"""GET /api/v1/hosts, assets, alerts, tickets, backups: what a program reads with a token."""

import re
from collections.abc import Callable

from flask import Blueprint, jsonify, request, url_for
from flask.typing import ResponseReturnValue

from itops.api.v1 import openapi
from itops.api.v1.fields import told
from itops.api.v1.lists import LISTS, Listing
from itops.auth.permissions import open_to_all
from itops.auth.tokens import for_tokens
from itops.clock import utcnow
from itops.db import LARGEST_KEY
from itops.errors import FieldError, Invalid, Message

bp = Blueprint("api", __name__, url_prefix="/api/v1")
#: Rows on a page: if nothing is said, and at most.
USUAL, MOST = 100, 500


@bp.get("/openapi.json")
@open_to_all("it describes the lists, and tells nothing of the hospital")
def description() -> ResponseReturnValue:
    return jsonify(openapi.document())


def answer(listing: Listing) -> ResponseReturnValue:
    """Answer the page of a list that the address asks for."""
    asked = _numbers({"after": (0, 0, LARGEST_KEY), "limit": (USUAL, 1, MOST)})
    rows = listing.page(after=asked["after"], limit=asked["limit"] + 1, at=utcnow())
    items = [told(row, listing.fields) for row in rows[: asked["limit"]]]
    following = None
    if len(rows) > len(items):
        place = {"after": items[-1]["id"], "limit": asked["limit"]}
        following = url_for(f".{listing.name}", **place)
    return jsonify(items=items, next=following)


def _numbers(known: dict[str, tuple[int, int, int]]) -> dict[str, int]:
    """Return the numbers of the address: (usual, least, most) of each that is known.

    Raise Invalid for anything else: a program that misspells `after` would read one page for ever.
    """
    wrong = [
        FieldError(name, Message("api.not_known")) for name in request.args if name not in known
    ]
    found = {}
    for name, (usual, least, most) in known.items():
        text = request.args.get(name, str(usual))
        number = int(text) if re.fullmatch(r"[0-9]{1,10}", text) else -1
        if not least <= number <= most or len(request.args.getlist(name)) > 1:
            wrong.append(FieldError(name, Message("api.number", {"low": least, "high": most})))
        found[name] = number
    if wrong:
        raise Invalid.many(wrong)
    return found


def _view(listing: Listing) -> Callable[[], ResponseReturnValue]:
    return for_tokens(listing.permission)(lambda: answer(listing))


for each in LISTS:
    bp.add_url_rule(f"/{each.name}", each.name, _view(each), methods=["GET"])
