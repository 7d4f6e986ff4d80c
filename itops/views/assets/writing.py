"""Registering an asset, changing it, and taking it to another step of its life."""

from collections.abc import Sequence
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from itops.auth.actors import actor
from itops.auth.permissions import Permission, requires
from itops.auth.scopes import in_scope_or_404, reach
from itops.clock import utcnow
from itops.db import db
from itops.errors import Conflict, Invalid, ItopsError, Message, Refused
from itops.models import Asset, AssetType, Criticality, Lifecycle, Site
from itops.services.assets import facts as asset_facts
from itops.services.assets import places as asset_places
from itops.services.assets import register as asset_register
from itops.views.answering.language import language, named, said, t
from itops.views.merging import (
    VERSION,
    again,
    also_kept,
    as_read,
    brought_together,
    to_settle,
)
from itops.views.showing.choices import site_of
from itops.views.showing.forms import Form

bp = Blueprint("writing", __name__)


@bp.get("/new")
@requires(Permission.EDIT_ASSETS)
def new() -> ResponseReturnValue:
    typed = {name: request.args.get(name, "") for name in asset_facts.READERS}
    typed["criticality"] = typed["criticality"] or Criticality.NORMAL.value
    sites = asset_places.sites(reach(Permission.EDIT_ASSETS))
    return _form(None, Form(typed), sites)


@bp.post("/new")
@requires(Permission.EDIT_ASSETS)
def create() -> ResponseReturnValue:
    within = reach(Permission.EDIT_ASSETS)
    try:
        facts = asset_facts.parse(request.form)
        asset = asset_register.create(facts, within=within, by=actor(), at=utcnow())
    except ItopsError as error:
        db.session.rollback()
        return _form(None, Form.refused(request.form, error), asset_places.sites(within)), 400
    db.session.commit()
    flash(t("asset.created", tag=asset.tag))
    return redirect(url_for("assets.show", asset_id=asset.id))


@bp.get("/<int:asset_id>/edit")
@requires(Permission.EDIT_ASSETS)
def edit(asset_id: int) -> ResponseReturnValue:
    asset = in_scope_or_404(Asset, asset_id, Permission.EDIT_ASSETS)
    typed = _typed(asset)
    if request.args.get("site_id", "").isdigit():
        typed |= {"site_id": request.args["site_id"], "department_id": "", "location_id": ""}
    form = Form(typed, read=as_read(_typed(asset)).read)
    return _form(asset, form, asset_places.sites(reach(Permission.EDIT_ASSETS)))


@bp.post("/<int:asset_id>/edit")
@requires(Permission.EDIT_ASSETS)
def update(asset_id: int) -> ResponseReturnValue:
    asset = in_scope_or_404(Asset, asset_id, Permission.EDIT_ASSETS)
    within = reach(Permission.EDIT_ASSETS)
    both = brought_together(request.form, _typed(asset))
    if both.disputed:
        return _lost_race(asset_id)
    try:
        facts = asset_facts.parse({**both.typed, "lifecycle": asset.lifecycle})
        given: dict[str, Any] = {"within": within, "by": actor(), "at": utcnow()}
        kept = also_kept(both, asset, _labels())
        asset_register.edit(asset, facts, version=both.version, **given)
    except Conflict:
        return _lost_race(asset_id)
    except (Invalid, Refused) as error:
        db.session.rollback()
        asset = in_scope_or_404(Asset, asset_id, Permission.EDIT_ASSETS)
        form = again(request.form, both, error)
        return _form(asset, form, asset_places.sites(within)), 400
    db.session.commit()
    flash(t("asset.saved", tag=asset.tag))
    if kept:
        flash(kept)
    return redirect(url_for("assets.show", asset_id=asset.id))


@bp.post("/<int:asset_id>/move")
@requires(Permission.EDIT_ASSETS)
def move(asset_id: int) -> ResponseReturnValue:
    asset = in_scope_or_404(Asset, asset_id, Permission.EDIT_ASSETS)
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


def _lost_race(asset_id: int) -> ResponseReturnValue:
    """Show the form as it was typed beside the asset as it is now; the next save is on that."""
    db.session.rollback()
    asset = in_scope_or_404(Asset, asset_id, Permission.EDIT_ASSETS)
    both = brought_together(request.form, now := _typed(asset))
    sites = asset_places.sites(reach(Permission.EDIT_ASSETS))
    form = to_settle(both, now, asset)
    return _form(asset, form, sites, both.disputed), 409


def _typed(asset: Asset) -> dict[str, str]:
    facts = asset_facts.facts_of(asset)
    return asset_facts.typed_of(facts) | {VERSION: str(asset.version)}


def _form(
    asset: Asset | None,
    form: Form,
    sites: list[Site],
    theirs: Sequence[tuple[str, str, str]] = (),
) -> str:
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
    within, nothing = reach(Permission.EDIT_ASSETS), ("", t("asset.nowhere"))
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
