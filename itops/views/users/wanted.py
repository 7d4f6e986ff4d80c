"""The page that somebody asked for before signing in: a route's key, never an address."""

from typing import Any

from flask import request, session, url_for
from werkzeug.routing import BuildError

#: The signed cookie's entry with the page that was asked for.
WANTED = "wanted"
#: What an address may carry behind its `?` to be remembered; the cookie has 4 kB.
LONGEST_QUERY = 500


def remember_page() -> None:
    """Note which page this request asks for, for after the sign-in."""
    if request.method != "GET" or not request.endpoint or len(request.query_string) > LONGEST_QUERY:
        return
    session[WANTED] = {
        "endpoint": request.endpoint,
        "values": {**request.args.to_dict(flat=False), **(request.view_args or {})},
    }


def address_wanted(wanted: Any) -> str:
    """Return the address of the page that was asked for, built from our own routes."""
    if isinstance(wanted, dict):
        try:
            # Names that `url_for` takes for itself would let a query choose scheme or host.
            values = {k: v for k, v in wanted["values"].items() if not k.startswith("_")}
            return url_for(wanted["endpoint"], **values)
        except (BuildError, KeyError, TypeError, ValueError):
            pass
    return url_for("sign_in.start")
