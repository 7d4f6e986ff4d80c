"""Backups: the list, the page of one job, and the record of a restore test, for printing too."""

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from itops.auth.permissions import Permission, may, requires
from itops.auth.scopes import in_scope_or_404, reach
from itops.auth.sessions import settings
from itops.checks.backups import size
from itops.checks.base import BOARD_ORDER, State
from itops.clock import utcnow
from itops.db import db
from itops.models import BackupJob, BackupRun, SystemModule, Verification, VerificationLevel
from itops.services.backups import judging, listing, runs, testing
from itops.services.engine import ordering
from itops.services.engine.progress import going
from itops.services.proof import Proof
from itops.views.showing.choices import choice_of, typed_in

bp = Blueprint("backups", __name__, url_prefix="/backups")
VIEWS = Permission.VIEW_BACKUPS
#: So many nights stand in the chart, so many tests and records on the page.
NIGHTS, TESTS, RECORDS = 14, 10, 30


@bp.get("")
@requires(VIEWS)
def index() -> ResponseReturnValue:
    state = choice_of(State, request.args.get("state", ""))
    at, within, typed = utcnow(), reach(VIEWS), typed_in(request.args)
    lines = listing.lines(within.condition(BackupJob), state=state, typed=typed)
    worth = listing.proofs(within.condition(SystemModule), at=at)
    return render_template(
        "backups/index.html",
        lines=lines,
        state=state,
        q=typed,
        states=BOARD_ORDER,
        unproven=[one for one, of in worth.items() if of.proof is not Proof.PROVEN],
        has_modules=bool(worth),
        is_limited=not within.everywhere,
        may_edit=may(Permission.MANAGE_BACKUPS),
        can_restore=settings().restore_here,
    )


@bp.get("/<int:job_id>")
@requires(VIEWS)
def show(job_id: int) -> ResponseReturnValue:
    job, at = in_scope_or_404(BackupJob, job_id, VIEWS), utcnow()
    standing = judging.standing(job, at=at)
    nights = _newest_runs(job)
    ordered = ordering.latest(testing.RESTORE_TEST, f"backup_job:{job.id}")
    is_open = ordered is not None and (ordered.finished_at is None)
    run = runs.latest_ended(job)
    return render_template(
        "backups/show.html",
        backup=job,
        standing=standing,
        levels=list(VerificationLevel),
        run=run,
        nights=nights,
        band=size.band(runs.former_sizes(run)) if run else None,
        tests=_records(job, VerificationLevel.RESTORE_TEST, TESTS),
        records=_records(job, None, RECORDS),
        job=going(ordered, at=at) if ordered and is_open else None,
        refusal=testing.refusal(job, settings()),
        may_edit=reach(Permission.MANAGE_BACKUPS).covers(site_id=job.site_id),
        may_test=reach(Permission.RUN_RESTORE_TESTS).covers(site_id=job.site_id),
    )


@bp.get("/<int:job_id>/records/<int:record_id>")
@requires(VIEWS)
def record(job_id: int, record_id: int) -> ResponseReturnValue:
    job = in_scope_or_404(BackupJob, job_id, VIEWS)
    wanted = select(Verification).where(Verification.id == record_id, Verification.job_id == job.id)
    found = db.first_or_404(wanted)
    return render_template("backups/record.html", backup=job, record=found)


def _newest_runs(job: BackupJob) -> list[BackupRun]:
    wanted = select(BackupRun).where(BackupRun.job_id == job.id).order_by(BackupRun.id.desc())
    return list(reversed(db.session.scalars(wanted.limit(NIGHTS)).all()))


def _records(job: BackupJob, level: VerificationLevel | None, most: int) -> list[Verification]:
    newest = (Verification.at.desc(), Verification.id.desc())
    wanted = select(Verification).where(Verification.job_id == job.id)
    if level is not None:
        wanted = wanted.where(Verification.level == level)
    return list(db.session.scalars(wanted.order_by(*newest).limit(most)))
