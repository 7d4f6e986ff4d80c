"""A form that comes after its session has ended: what was typed stays, to be sent again."""

from flask import make_response, render_template, request
from flask.typing import ResponseReturnValue

from itops.views.showing.forms import WAS

#: Pages whose forms hold no secret, so that what was typed may stand on a page.
KEPT = frozenset({"assets", "maintenance", "modules", "places", "tickets"})
#: Longer is no form of ours.
MOST_FIELDS = 600


def is_kept() -> bool:
    """Whether this request brings words that would be lost on the way to the sign-in page."""
    blueprint = (request.blueprint or "").partition(".")[0]
    return request.method == "POST" and blueprint in KEPT and 0 < len(request.form) < MOST_FIELDS


def kept_page() -> ResponseReturnValue:
    """Answer with what was typed, and how it is sent again after signing in."""
    fields = list(request.form.items(multi=True))
    page = render_template(
        "sign_in/kept.html",
        fields=fields,
        words=[text for name, text in fields if _is_written(text) and not name.startswith(WAS)],
        has_files=any(file.filename for file in request.files.values()),
    )
    return make_response(page, 401)


def _is_written(text: str) -> bool:
    """Whether a person wrote this: not a key, a number or a choice of the form's own."""
    return any(not one.isascii() or one.isspace() for one in text.strip())
