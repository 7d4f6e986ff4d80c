"""One's own language, light and keys."""

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from itops.auth.permissions import open_to_all

bp = Blueprint("preferences", __name__)


@bp.get("/preferences")
@open_to_all("anybody chooses the language and light of their own browser")
def show() -> ResponseReturnValue:
    return render_template("preferences/show.html")
