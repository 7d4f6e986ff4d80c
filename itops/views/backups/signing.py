"""Signing a restore test that was made by hand."""

from zoneinfo import ZoneInfo

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from itops.auth.actors import actor
from itops.auth.permissions import Permission, requires
from itops.auth.scopes import in_scope_or_404
from itops.auth.sessions import settings
from itops.clock import utcnow
from itops.db import db
from itops.errors import Invalid
from itops.models import BackupJob
from itops.services.backups import attesting
from itops.views.answering.language import named, t
from itops.views.showing.forms import Form

bp = Blueprint("signing", __name__, url_prefix="/<int:job_id>/signed-test")
TESTS = Permission.RUN_RESTORE_TESTS


@bp.get("")
@requires(TESTS)
def new(job_id: int) -> ResponseReturnValue:
    return _form(_job(job_id), Form({}))


@bp.post("")
@requires(TESTS)
def sign(job_id: int) -> ResponseReturnValue:
    job, zone = _job(job_id), ZoneInfo(settings().time_zone)
    try:
        attesting.sign(job, attesting.parse(request.form), zone=zone, by=actor(), at=utcnow())
    except Invalid as error:
        db.session.rollback()
        return _form(_job(job_id), Form.refused(request.form, error)), 400
    db.session.commit()
    flash(t("backup.signed.done", name=named(job)))
    return redirect(url_for("backups.show", job_id=job_id))


def _job(job_id: int) -> BackupJob:
    return in_scope_or_404(BackupJob, job_id, TESTS)


def _form(job: BackupJob, form: Form) -> str:
    labels = {name: t(f"backup.signed.{name}") for name in attesting.READERS}
    return render_template("backups/signed.html", backup=job, form=form, labels=labels)
