"""Registering an asset, changing it, and taking it to another step of its life."""

from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from itops.auth.actors import actor
from itops.auth.permissions import Permission, requires
from itops.auth.scopes import in_scope_or_404, reach
from itops.clock import utcnow
from itops.db import db
from itops.errors import ItopsError, Message, Refused
from itops.models import Asset, AssetType, Criticality, Lifecycle, Site
from itops.services.assets import facts as asset_facts
from itops.services.assets import places as asset_places
from itops.services.assets import register as asset_register
from itops.views.answering.language import language, named, said, t
from itops.views.editing import Editing, Saved
from itops.views.merging import VERSION, Both, Disputed, as_read
from itops.views.showing.choices import site_of
from itops.views.showing.forms import Form

bp = Blueprint("writing", __name__)
EDITS = Permission.EDIT_ASSETS


@bp.get("/new")
@requires(EDITS)
def new() -> ResponseReturnValue:
    typed = {name: request.args.get(name, "") for name in asset_facts.READERS}
    typed["criticality"] = typed["criticality"] or Criticality.NORMAL.value
    return _form(None, Form(typed))


@bp.post("/new")
@requires(EDITS)
def create() -> ResponseReturnValue:
    try:
        facts = asset_facts.parse(request.form)
        asset = asset_register.create(facts, within=reach(EDITS), by=actor(), at=utcnow())
    except ItopsError as error:
        db.session.rollback()
        return _form(None, Form.refused(request.form, error)), 400
    db.session.commit()
    flash(t("asset.created", tag=asset.tag))
    return redirect(url_for("assets.show", asset_id=asset.id))


@bp.get("/<int:asset_id>/edit")
@requires(EDITS)
def edit(asset_id: int) -> ResponseReturnValue:
    asset = _asset(asset_id)
    typed = _typed(asset)
    if request.args.get("site_id", "").isdigit():
        typed |= {"site_id": request.args["site_id"], "department_id": "", "location_id": ""}
    form = Form(typed, read=as_read(_typed(asset)).read)
    return _form(asset, form)


@bp.post("/<int:asset_id>/edit")
@requires(EDITS)
def update(asset_id: int) -> ResponseReturnValue:
    return ASSET.save(asset_id)


@bp.post("/<int:asset_id>/move")
@requires(EDITS)
def move(asset_id: int) -> ResponseReturnValue:
    asset = _asset(asset_id)
    step = request.form.get("to", "")
    if step not in set(Lifecycle):
        abort(400)
    try:
        asset_register.move(asset, Lifecycle(step), by=actor(), at=utcnow())
    except Refused as refusal:
        db.session.rollback()
        flash(said(refusal.message), "error")
    else:
        db.session.commit()
        flash(t("asset.moved", tag=asset.tag, lifecycle=Message(f"lifecycle.{step}")))
    return redirect(url_for("assets.show", asset_id=asset_id))


def _asset(asset_id: int) -> Asset:
    return in_scope_or_404(Asset, asset_id, EDITS)


def _typed(asset: Asset) -> dict[str, str]:
    facts = asset_facts.facts_of(asset)
    return asset_facts.typed_of(facts) | {VERSION: str(asset.version)}


def _write(asset: Asset, both: Both) -> Saved:
    given: dict[str, Any] = {"within": reach(EDITS), "by": actor(), "at": utcnow()}
    facts = asset_facts.parse({**both.typed, "lifecycle": asset.lifecycle})
    asset_register.edit(asset, facts, version=both.version, **given)
    to = url_for("assets.show", asset_id=asset.id)
    return Saved(t("asset.saved", tag=asset.tag), to)


def _form(asset: Asset | None, form: Form, theirs: Disputed = ()) -> str:
    sites = asset_places.sites(reach(EDITS))
    site = site_of(sites, form.values.get("site_id"))
    return render_template(
        "assets/form.html",
        asset=asset,
        form=form,
        sites=sites,
        site=site,
        theirs=theirs,
        options=_options(site),
        labels=_labels(),
    )


def _labels() -> dict[str, str]:
    return {name: t(f"asset.field.{name}") for name in asset_facts.READERS}


def _options(site: Site | None) -> dict[str, Any]:
    """Return the choices of every select: pairs of value and text."""
    within, nothing = reach(EDITS), ("", t("asset.nowhere"))
    types = db.session.scalars(select(AssetType).order_by(AssetType.position))
    found: dict[str, Any] = {
        "type_key": [("", t("asset.choose")), *((kind.key, named(kind)) for kind in types)],
        "criticality": [(one.value, t(f"criticality.{one}")) for one in Criticality],
        "lifecycle": [(one.value, t(f"lifecycle.{one}")) for one in Lifecycle],
        "department_id": [nothing],
        "location_id": [nothing],
    }
    if site is not None:
        departments = asset_places.departments(within, site.id)
        found["department_id"] += [(str(one.id), named(one)) for one in departments]
        at = 2 if language() == "en" else 1
        found["location_id"] += [
            (str(row[0].id), row[at]) for row in asset_places.locations(site.id)
        ]
    return found


ASSET = Editing(find=_asset, shown=_typed, write=_write, page=_form, labels=lambda _: _labels())
