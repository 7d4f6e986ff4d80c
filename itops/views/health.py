"""The health board: what is broken, and how much don't we know."""

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from itops.auth.permissions import Permission, requires

bp = Blueprint("health", __name__)


@bp.get("/")
@requires(Permission.BE_HERE)
def board() -> ResponseReturnValue:
    return render_template("health/board.html")
