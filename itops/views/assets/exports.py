"""The register as a file: the list as it is filtered, as CSV or Excel."""

from typing import Any

from flask import Blueprint, Response, abort, request, stream_with_context
from flask.typing import ResponseReturnValue

from itops.auth.permissions import Permission, requires
from itops.auth.scopes import reach
from itops.clock import utcnow
from itops.documents import spreadsheets
from itops.services.assets import export as asset_export
from itops.views.answering.language import language, t
from itops.views.assets.filters import wanted_from

bp = Blueprint("exports", __name__)
CONTENT_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


@bp.get("/export.<kind>")
@requires(Permission.EXPORT_ASSETS)
def download(kind: str) -> ResponseReturnValue:
    if kind not in CONTENT_TYPES:
        abort(404)
    at = utcnow()
    rows = asset_export.table(
        wanted_from(request.args),
        within=reach(Permission.EXPORT_ASSETS),
        at=at,
        language=language(),
    )
    chunks: Any = (
        spreadsheets.csv_chunks(rows)
        if kind == "csv"
        else spreadsheets.xlsx_chunks(rows, sheet=t("asset.title"))
    )
    name = f"assets-{at:%Y%m%d-%H%M}.{kind}"
    response = Response(stream_with_context(chunks), content_type=CONTENT_TYPES[kind])
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
