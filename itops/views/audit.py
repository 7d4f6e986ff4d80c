"""The audit log, for whoever audits: searched, filtered, taken along as a file."""

from collections.abc import Iterator
from datetime import datetime
from tempfile import SpooledTemporaryFile
from typing import Any
from zoneinfo import ZoneInfo

from flask import (
    Blueprint,
    Flask,
    Response,
    abort,
    current_app,
    redirect,
    render_template,
    request,
    stream_with_context,
    url_for,
)
from flask.typing import ResponseReturnValue

from itops.auth.actors import actor
from itops.auth.permissions import Permission, requires
from itops.auth.scopes import reach
from itops.auth.sessions import settings
from itops.clock import utcnow
from itops.config import Settings
from itops.db import db
from itops.documents import qr
from itops.documents.audit_file import audit_rows
from itops.documents.spreadsheets import csv_chunks
from itops.errors import Invalid
from itops.i18n import catalogue
from itops.models import Result
from itops.services.audit import exporting, reading, sealing, seals, verify_job
from itops.services.audit_reading import AuditWanted, actions, changes, export_log, read_log
from itops.services.engine.progress import going
from itops.views.answering.language import language, t
from itops.views.answering.logged import audit_value
from itops.views.showing.choices import choice_of, day_of, end_of, number_of, start_of

bp = Blueprint("audit", __name__, url_prefix="/audit")
#: An export up to this size touches no disk.
IN_MEMORY, PART = 4 << 20, 1 << 16
DAYS = ("from", "to")
FILTERS = ("person", "action", "kind", "subject", "name", "result", *DAYS)


@bp.get("")
@requires(Permission.VIEW_AUDIT)
def index() -> ResponseReturnValue:
    _whole_installation_only()
    entries, has_more = read_log(_wanted())
    at, job = utcnow(), verify_job.latest()
    return render_template(
        "audit/index.html",
        entries=[(entry, changes(entry)) for entry in entries],
        actions=actions(),
        results=Result,
        seals=sealing.standing(at=at),
        verified=going(job, at=at) if job else None,
        given=_given(),
        unread=_unread_days(),
        next_url=url_for(".index", **_given(), before=entries[-1].id) if has_more else "",
    )


@bp.get("/audit.csv")
@requires(Permission.VIEW_AUDIT)
def export() -> ResponseReturnValue:
    _whole_installation_only()
    for name in _unread_days():
        raise Invalid("audit.not_a_day", field=name)
    rows = audit_rows(export_log(_wanted()), ZoneInfo(settings().time_zone))
    return Response(
        stream_with_context(csv_chunks(rows)),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": 'attachment; filename="itops-audit.csv"'},
    )


@bp.get("/assessor.zip")
@requires(Permission.VIEW_AUDIT)
def assessor() -> ResponseReturnValue:
    """Send the whole log with its seals and a verifier that needs nothing of itops."""
    _whole_installation_only()
    at = utcnow()
    return Response(
        _export(current_app._get_current_object(), settings(), at),  # type: ignore[attr-defined]  # noqa: SLF001 - the way that Flask names
        content_type="application/zip",
        headers={"Content-Disposition": f'attachment; filename="itops-audit-{at:%Y%m%d}.zip"'},
    )


def _export(app: Flask, here: Settings, at: datetime) -> Iterator[bytes]:
    """Write the export into a file that nobody else sees, then yield it."""
    with SpooledTemporaryFile(IN_MEMORY) as file:
        with app.app_context(), reading.snapshot() as connection:
            known = seals.read_folder(here.data_dir)
            exporting.write(file, connection, known, of=here.hospital, at=at)
        file.seek(0)
        yield from iter(lambda: file.read(PART), b"")


@bp.get("/seal")
@requires(Permission.VIEW_AUDIT)
def seal() -> ResponseReturnValue:
    """Show the newest seal to be printed and put into a folder."""
    _whole_installation_only()
    newest = sealing.standing(at=utcnow()).seal
    if newest is None:
        abort(404)
    path, side = qr.path(sealing.as_seal(newest).as_line())
    return render_template("audit/seal.html", seal=newest, path=path, side=side)


@bp.post("/verify")
@requires(Permission.VIEW_AUDIT)
def verify() -> ResponseReturnValue:
    _whole_installation_only()
    job = verify_job.order(by=actor(), at=utcnow())
    db.session.commit()
    return redirect(url_for("jobs.show", job_id=job.id))


@bp.app_template_global()
def audit_word(kind: str, key: str) -> str:
    """Return the word for an action, a kind of thing or a field; the key where there is none."""
    name = f"audit.{kind}.{key}"
    return t(name) if name in catalogue(language()).sentences else key


bp.app_template_global()(audit_value)


def _whole_installation_only() -> None:
    """Turn away who audits a part: entries know no site, so a part can't be shown alone."""
    if not reach(Permission.VIEW_AUDIT).everywhere:
        abort(403)


def _unread_days() -> list[str]:
    """Return the names of the fields for days in which something stands that is none."""
    typed = {name: request.args.get(name, "") for name in DAYS}
    return [name for name, text in typed.items() if text and day_of(text) is None]


def _given() -> dict[str, Any]:
    return {name: request.args[name] for name in FILTERS if request.args.get(name)}


def _wanted() -> AuditWanted:
    first, last = day_of(request.args.get("from", "")), day_of(request.args.get("to", ""))
    return AuditWanted(
        person=request.args.get("person", "").strip(),
        action=request.args.get("action", ""),
        kind=request.args.get("kind", ""),
        subject_id=number_of(request.args.get("subject")),
        name=request.args.get("name", "").strip(),
        result=choice_of(Result, request.args.get("result", "")),
        start=start_of(first) if first else None,
        end=end_of(last) if last else None,
        before=number_of(request.args.get("before")),
    )
