"""Letting machines in: codes and how to use them, and the machines that wait."""

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from itops.auth.permissions import Permission, requires

bp = Blueprint("enrolment", __name__, url_prefix="/enrolment")


@bp.get("")
@requires(Permission.MANAGE_HOSTS)
def index() -> ResponseReturnValue:
    return render_template("enrolment/index.html")


@bp.get("/pending")
@requires(Permission.MANAGE_HOSTS)
def pending() -> ResponseReturnValue:
    return render_template("enrolment/pending.html")
