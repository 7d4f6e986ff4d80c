"""About this installation: versions, and what the doctor finds."""

import platform
import sys

from flask import Blueprint, abort, render_template, request
from flask.typing import ResponseReturnValue

from itops.auth.permissions import Permission, requires
from itops.auth.scopes import reach
from itops.auth.sessions import settings
from itops.clock import utcnow
from itops.services.doctor.examining import examine
from itops.views.answering.frame import is_open

bp = Blueprint("about", __name__, url_prefix="/about")


@bp.get("")
@requires(Permission.VIEW_INSTALLATION)
def show() -> ResponseReturnValue:
    if not reach(Permission.VIEW_INSTALLATION).everywhere:
        abort(403)
    is_thorough = request.args.get("thoroughly") == "1"
    return render_template(
        "about/show.html",
        findings=examine(settings(), at=utcnow(), thoroughly=is_thorough),
        is_thorough=is_thorough,
        versions=(
            ("itops", sys.modules["itops"].__version__),
            ("Python", platform.python_version()),
            (platform.system(), platform.release()),
        ),
        settings=settings(),
        is_open=is_open,
    )
