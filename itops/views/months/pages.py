"""The month's page, the rows behind its figures, and its files."""

from zoneinfo import ZoneInfo

from flask import Blueprint, Response, abort, render_template, request
from flask.typing import ResponseReturnValue

from itops.auth.permissions import Permission, may, requires
from itops.auth.scopes import reach
from itops.auth.sessions import settings
from itops.clock import utcnow
from itops.documents import reports
from itops.errors import Invalid
from itops.services.months.period import Look, Month
from itops.services.months.report import report
from itops.services.months.rows import FIGURES, Wanted, rows
from itops.views.answering.language import t
from itops.views.months import tables
from itops.views.showing.choices import number_of

bp = Blueprint("months", __name__, url_prefix="/month")
CONTENT_TYPES = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
}
#: So many departments stand on the page, those with most tickets; the rest on request.
MOST_DEPARTMENTS = 30
#: A place in a long list that nobody pages to.
FURTHEST = 1_000_000


@bp.get("", defaults={"month": ""})
@bp.get("/<month>")
@requires(Permission.VIEW_MONTH)
def show(month: str) -> ResponseReturnValue:
    look = looking(month)
    found = report(look)
    most = None if request.args.get("departments") == "all" else MOST_DEPARTMENTS
    return render_template(
        "months/show.html",
        may_register=may(Permission.EDIT_MODULES),
        report=found,
        look=look,
        sentences=tables.sentences(found),
        departments=found.tickets[:most],
    )


@bp.get("/<month>/rows/<figure>")
@requires(Permission.VIEW_MONTH)
def behind(month: str, figure: str) -> ResponseReturnValue:
    """Show the rows that a figure counts."""
    look = looking(month)
    if figure not in FIGURES:
        abort(404)
    asked = request.args
    wanted = Wanted(
        figure,
        department_id=number_of(asked.get("department")),
        is_nobodys=asked.get("department") == "none",
        module_id=number_of(asked.get("module")),
        start=min(number_of(asked.get("start")) or 0, FURTHEST),
    )
    return render_template("months/rows.html", look=look, wanted=wanted, page=rows(look, wanted))


@bp.get("/<month>/report.<kind>")
@requires(Permission.VIEW_MONTH)
def download(month: str, kind: str) -> ResponseReturnValue:
    """Answer the report as an Excel or a Word file."""
    if kind not in CONTENT_TYPES:
        abort(404)
    made = report(looking(month))
    parts = tables.tables(made)
    title = tables.title(made.look)
    content = (
        reports.workbook(parts)
        if kind == "xlsx"
        else reports.letter(title, tables.sentences(made), parts)
    )
    answer = Response(content, content_type=CONTENT_TYPES[kind])
    name = f"itops-{t('month.file')}-{made.look.month}.{kind}"
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


def looking(text: str) -> Look:
    """Return this request's look at a month: the one that is named, else the running one."""
    zone, at = ZoneInfo(settings().time_zone), utcnow()
    running = Month.of(at.astimezone(zone).date())
    try:
        month = Month.read(text) if text else running
    except Invalid:
        abort(404)
    if month > running:
        abort(404)
    return Look(month, at, zone, reach(Permission.VIEW_MONTH).condition)
