"""Importing a ledger."""

from flask import Blueprint, abort
from flask.typing import ResponseReturnValue

from itops.auth.permissions import Permission, requires

bp = Blueprint("imports", __name__, url_prefix="/import")


@bp.get("")
@requires(Permission.IMPORT_ASSETS)
def start() -> ResponseReturnValue:
    abort(404)
