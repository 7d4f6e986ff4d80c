"""Background work: how far a long job has come, and whether all work is done on time."""

from flask import Blueprint, abort, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from itops.auth.permissions import Permission, requires
from itops.auth.scopes import reach
from itops.clock import utcnow
from itops.db import db
from itops.models import Job
from itops.services.background.queues import QUEUES
from itops.services.engine.background import background
from itops.services.engine.progress import going

bp = Blueprint("jobs", __name__, url_prefix="/jobs")


@bp.get("")
@requires(Permission.VIEW_INSTALLATION)
def index() -> ResponseReturnValue:
    if not _sees_all():
        abort(403)
    return render_template("jobs/index.html", work=background(list(QUEUES.values()), at=utcnow()))


@bp.get("/<int:job_id>")
@requires(Permission.BE_HERE)
def show(job_id: int) -> ResponseReturnValue:
    """Show one job to who ordered it, and to who looks after the installation."""
    job = db.session.get(Job, job_id)
    if job is None or not (job.created_by_id == current_user.id or _sees_all()):
        abort(404)
    poll = url_for(".show", job_id=job.id)
    return render_template("jobs/show.html", job=going(job, at=utcnow()), poll=poll)


def _sees_all() -> bool:
    return reach(Permission.VIEW_INSTALLATION).everywhere
