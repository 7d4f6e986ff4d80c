"""Registering a backup job, changing it, its heartbeat address, and asking for a restore test."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from itops.auth.actors import actor
from itops.auth.permissions import Permission, requires
from itops.auth.scopes import in_scope_or_404, reach, scoped
from itops.auth.sessions import settings
from itops.clock import utcnow
from itops.db import db
from itops.errors import Invalid, Refused
from itops.models import BackupJob, BackupKind, Check, SeenBy, SystemModule
from itops.services.backups import register, testing
from itops.services.backups.facts import READERS, parse, typed_of
from itops.services.engine import waking
from itops.views.answering.language import named, said, t
from itops.views.editing import Editing, Saved
from itops.views.merging import VERSION, Both, Disputed
from itops.views.showing.forms import Form

bp = Blueprint("writing", __name__)
EDITS = Permission.MANAGE_BACKUPS
#: The check that looks at files over SSH.
FILE_CHECK = "file"


@bp.get("/new")
@requires(EDITS)
def new() -> ResponseReturnValue:
    return _form(None, Form({name: request.args.get(name, "") for name in READERS}))


@bp.post("/new")
@requires(EDITS)
def create() -> ResponseReturnValue:
    try:
        job = register.create(
            parse(request.form), settings=settings(), within=reach(EDITS), by=actor(), at=utcnow()
        )
        waking.wake()
    except Invalid as error:
        db.session.rollback()
        return _form(None, Form.refused(request.form, error)), 400
    db.session.commit()
    flash(t("backup.created", name=named(job)))
    return redirect(url_for("backups.show", job_id=job.id))


@bp.get("/<int:job_id>/edit")
@requires(EDITS)
def edit(job_id: int) -> ResponseReturnValue:
    return JOB.begin(job_id)


@bp.post("/<int:job_id>/edit")
@requires(EDITS)
def update(job_id: int) -> ResponseReturnValue:
    return JOB.save(job_id)


@bp.post("/<int:job_id>/watch")
@requires(EDITS)
def watch(job_id: int) -> ResponseReturnValue:
    job = _job(job_id)
    is_enabled = request.form.get("to") == "on"
    register.set_enabled(job, is_enabled=is_enabled, by=actor(), at=utcnow())
    db.session.commit()
    flash(t("backup.saved", name=named(job)))
    return redirect(url_for("backups.show", job_id=job_id))


@bp.post("/<int:job_id>/address")
@requires(EDITS)
def address(job_id: int) -> ResponseReturnValue:
    """Make a new heartbeat address, and show it this once."""
    job = _job(job_id)
    code = register.new_address(job, by=actor(), at=utcnow())
    db.session.commit()
    path = url_for("heartbeats.hear", code=code)
    return render_template("backups/address.html", backup=job, url=settings().own_url + path)


@bp.post("/<int:job_id>/restore-test")
@requires(Permission.RUN_RESTORE_TESTS)
def restore_test(job_id: int) -> ResponseReturnValue:
    job = in_scope_or_404(BackupJob, job_id, Permission.RUN_RESTORE_TESTS)
    try:
        testing.order(job, settings=settings(), by=actor(), at=utcnow())
    except Refused as refusal:
        db.session.rollback()
        flash(said(refusal.message), "error")
    else:
        db.session.commit()
    return redirect(url_for("backups.show", job_id=job_id))


def _job(job_id: int) -> BackupJob:
    return in_scope_or_404(BackupJob, job_id, EDITS)


def _typed(job: BackupJob) -> dict[str, str]:
    return typed_of(job) | {VERSION: str(job.version)}


def _write(job: BackupJob, both: Both) -> Saved:
    given: dict[str, Any] = {"within": reach(EDITS), "by": actor(), "at": utcnow()}
    facts = parse(both.typed)
    register.edit(job, facts, version=both.version, settings=settings(), **given)
    waking.wake()
    return Saved(t("backup.saved", name=named(job)), url_for("backups.show", job_id=job.id))


def _form(job: BackupJob | None, form: Form, theirs: Disputed = ()) -> str:
    return render_template(
        "backups/form.html",
        backup=job,
        form=form,
        theirs=theirs,
        options=_options(),
        folders=settings().backup_dirs,
        labels=_labels(),
    )


def _labels() -> dict[str, str]:
    return {name: t(f"backup.field.{name}") for name in READERS}


def _options() -> dict[str, list[tuple[Any, str]]]:
    nothing = [("", t("module.choose"))]
    modules = scoped(select(SystemModule), SystemModule, EDITS).where(SystemModule.is_in_use)
    checks = scoped(select(Check), Check, EDITS).where(Check.kind == FILE_CHECK)
    kinds = [kind for kind in BackupKind if kind is not BackupKind.ITOPS]
    found = db.session.scalars(modules.order_by(SystemModule.code))
    return {
        "module_id": nothing + [(one.id, f"{one.code} {named(one)}") for one in found],
        "check_id": nothing
        + [(one.id, named(one)) for one in db.session.scalars(checks.order_by(Check.name))],
        "kind": [(kind, t(f"backup.kind.{kind}")) for kind in kinds],
        "seen_by": [(way, t(f"backup.seen_by.{way}")) for way in SeenBy],
        "backup_class": [(one, t(f"backup.class.{one}")) for one in (1, 2, 3)],
    }


JOB = Editing(find=_job, shown=_typed, write=_write, page=_form, labels=lambda _: _labels())
