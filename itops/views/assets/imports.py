"""Importing a ledger: upload, columns, what would become of each row, and doing it."""

from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy import select

from itops.auth.actors import actor
from itops.auth.permissions import Permission, requires
from itops.auth.scopes import reach
from itops.clock import utcnow
from itops.db import db
from itops.errors import ItopsError, Refused
from itops.models import AssetType, ImportDraft
from itops.services.assets import places as asset_places
from itops.services.assets.facts import READERS
from itops.services.assets.importing import applying, drafts, headers, reading
from itops.services.assets.importing.judging import Reaches
from itops.services.assets.importing.planning import Fate, Plan, Planned, plan
from itops.views.answering.language import named, said, t
from itops.views.showing.choices import number_of
from itops.views.showing.forms import Form

bp = Blueprint("imports", __name__, url_prefix="/import")
#: So many rows of the dry run stand on a page.
PAGE = 100
ADDRESS = "/<int:draft_id>"


@bp.get("")
@requires(Permission.IMPORT_ASSETS)
def start() -> ResponseReturnValue:
    return _start(Form({"site_id": request.args.get("site_id", "")}))


@bp.post("")
@requires(Permission.IMPORT_ASSETS)
def upload() -> ResponseReturnValue:
    within, site_id = reach(Permission.IMPORT_ASSETS), number_of(request.form.get("site_id", ""))
    if site_id is None or not within.covers(site_id=site_id):
        abort(404)
    file = request.files.get("file")
    user_id = current_user.id
    db.session.commit()  # parsing takes a while, and until here this request holds the write lock
    try:
        sheets = reading.read(file.read(reading.MOST_BYTES + 1) if file else b"")
        name = (file.filename if file else "") or "ledger"
        draft = drafts.keep(sheets, name, site_id=site_id, user_id=user_id, at=utcnow())
        applying.look(draft, _reaches())
    except Refused as refusal:
        db.session.rollback()
        return _start(Form(dict(request.form), {"file": refusal.message})), 400
    db.session.commit()
    return redirect(url_for("assets.imports.show", draft_id=draft.id))


@bp.get(ADDRESS)
@requires(Permission.IMPORT_ASSETS)
def show(draft_id: int) -> ResponseReturnValue:
    draft = _own_or_404(draft_id)
    return _page(draft, plan(draft, _reaches(), seen=draft.seen))


@bp.post(f"{ADDRESS}/columns")
@requires(Permission.IMPORT_ASSETS)
def columns(draft_id: int) -> ResponseReturnValue:
    draft = _own_or_404(draft_id)
    chosen = [request.form.get(f"column-{at}", "") for at in range(len(draft.headers))]
    try:
        drafts.map_columns(draft, chosen, makes_places="makes_places" in request.form)
        applying.look(draft, _reaches())
    except ItopsError as error:
        db.session.rollback()
        flash(said(error.message), "error")
    else:
        db.session.commit()
    return redirect(url_for("assets.imports.show", draft_id=draft_id))


@bp.post(f"{ADDRESS}/apply")
@requires(Permission.IMPORT_ASSETS)
def apply(draft_id: int) -> ResponseReturnValue:
    draft = _own_or_404(draft_id)
    site_id = draft.site_id
    agreed = number_of(request.form.get("leave_out", "")) or 0
    try:
        done = applying.apply(draft, _reaches(), leave_out=agreed, by=actor(), at=utcnow())
    except Refused as refusal:
        db.session.rollback()
        flash(said(refusal.message), "error")
        return redirect(url_for("assets.imports.show", draft_id=draft_id))
    db.session.commit()
    flash(t("import.done", new=done.new, changed=done.changed, same=done.same))
    return redirect(url_for("assets.index", site=site_id))


@bp.post(f"{ADDRESS}/drop")
@requires(Permission.IMPORT_ASSETS)
def drop(draft_id: int) -> ResponseReturnValue:
    db.session.delete(_own_or_404(draft_id))
    db.session.commit()
    flash(t("import.dropped"))
    return redirect(url_for("assets.imports.start"))


def _reaches() -> Reaches:
    return Reaches(reach(Permission.IMPORT_ASSETS), reach(Permission.MANAGE_PLACES))


def _own_or_404(draft_id: int) -> ImportDraft:
    """Return the person's own draft, if it has not ended and its site is still within reach."""
    draft = db.session.get(ImportDraft, draft_id)
    if draft is None or draft.user_id != current_user.id or draft.ends_at <= utcnow():
        abort(404)
    if not reach(Permission.IMPORT_ASSETS).covers(site_id=draft.site_id):
        abort(404)
    return draft


def _start(form: Form) -> str:
    within = reach(Permission.IMPORT_ASSETS)
    waiting = drafts.of_person(current_user.id, at=utcnow(), within=within)
    sites = asset_places.sites(within)
    return render_template(
        "assets/import.html",
        form=form,
        sites=sites,
        waiting=waiting,
        most=reading.MOST_ROWS,
        known_headers=[(field, headers.names_of(field)) for field in READERS],
    )


def _page(draft: ImportDraft, found: Plan) -> str:
    fate = request.args.get("fate", "")
    after = number_of(request.args.get("after", "")) or 0
    wanted = [row for row in found.rows if fate not in set(Fate) or row.fate == fate]
    rows = [row for row in wanted if row.line > after]
    shown: list[Planned] = rows[:PAGE]
    here: dict[str, Any] = {"draft_id": draft.id, "fate": fate if fate in set(Fate) else None}
    pages = {}
    if after:
        pages["first_url"] = url_for("assets.imports.show", **here)
    if len(rows) > PAGE:
        pages["next_url"] = url_for("assets.imports.show", **here, after=shown[-1].line)
    return render_template(
        "assets/import_plan.html",
        draft=draft,
        rows=shown,
        pages=pages,
        fate=here["fate"],
        fates=[(one, found.count(one)) for one in Fate],
        refused=found.count(Fate.REFUSED),
        to_write=found.count(Fate.NEW) + found.count(Fate.CHANGED),
        new_places=sorted({name for _, name in found.departments | found.locations}),
        samples=[cells for _, cells in drafts.rows_of(draft)[:3]],
        fields=list(READERS),
        type_names={one.key: named(one) for one in db.session.scalars(select(AssetType))},
        may_make=reach(Permission.MANAGE_PLACES).covers(site_id=draft.site_id),
        lacks_places=not draft.makes_places and found.lacks_places,
    )
