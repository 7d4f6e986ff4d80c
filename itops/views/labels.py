"""Labels: choosing devices and paper, the sheet to print, and codes that are lost."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from itops.auth.actors import actor
from itops.auth.permissions import Permission, requires
from itops.auth.scopes import in_scope_or_404, reach
from itops.auth.sessions import settings
from itops.clock import utcnow
from itops.db import db
from itops.documents.labels import PAPERS, Paper, pages
from itops.models import Asset, AssetType
from itops.services.assets import places as asset_places
from itops.services.labels import codes as asset_labels
from itops.services.labels import sheets as label_sheets
from itops.services.labels.sheets import Chosen
from itops.views.answering.language import language, t
from itops.views.showing.choices import number_of

bp = Blueprint("labels", __name__, url_prefix="/labels")
#: What an address carries of a choice.
CARRIED = ("asset", "site", "department", "type", "new", "paper", "skip")


@bp.get("")
@requires(Permission.PRINT_LABELS)
def index() -> ResponseReturnValue:
    chosen, within = _chosen(), reach(Permission.PRINT_LABELS)
    sites = asset_places.site_names(within, language())
    site = chosen.site_id or (sites[0][0] if len(sites) == 1 else None)
    return render_template(
        "labels/index.html",
        chosen=chosen,
        count=label_sheets.count(chosen, within=within),
        most=asset_labels.MOST,
        sites=sites,
        departments=asset_places.department_names(within, site, language()) if site else [],
        types=list(db.session.scalars(select(AssetType).order_by(AssetType.position))),
        papers=PAPERS.values(),
        paper=_paper(),
        carried=_carried(),
        address=settings().own_url,
        is_private=not settings().public_url,
    )


@bp.post("")
@requires(Permission.PRINT_LABELS)
def draw() -> ResponseReturnValue:
    """Draw the codes that are missing, then show the sheet."""
    keys = label_sheets.assets(_chosen(), within=reach(Permission.PRINT_LABELS))
    asset_labels.codes_of(keys, by=actor(), at=utcnow())
    db.session.commit()
    return redirect(url_for(".sheet", **(_carried() | {"new": None})), 303)


@bp.get("/sheet")
@requires(Permission.PRINT_LABELS)
def sheet() -> ResponseReturnValue:
    within, paper = reach(Permission.PRINT_LABELS), _paper()
    keys = label_sheets.assets(_chosen(), within=within)
    address = settings().own_url + url_for("reports.at_label", code="0").removesuffix("0")
    labels = label_sheets.labels(keys, address)
    skip = number_of(request.args.get("skip")) or 0
    return render_template(
        "labels/sheet.html",
        pages=list(pages(labels, paper, skip=skip)),
        paper=paper,
        count=len(labels),
        back=url_for(".index", **_carried()),
    )


@bp.get("/asset/<int:asset_id>")
@requires(Permission.PRINT_LABELS)
def of_asset(asset_id: int) -> ResponseReturnValue:
    asset = in_scope_or_404(Asset, asset_id, Permission.PRINT_LABELS)
    return render_template("labels/asset.html", asset=asset, labels=asset_labels.labels_of(asset))


@bp.post("/asset/<int:asset_id>/renew")
@requires(Permission.PRINT_LABELS)
def renew(asset_id: int) -> ResponseReturnValue:
    asset = in_scope_or_404(Asset, asset_id, Permission.PRINT_LABELS)
    asset_labels.renew(asset, by=actor(), at=utcnow())
    db.session.commit()
    flash(t("label.renewed", tag=asset.tag))
    return redirect(url_for(".of_asset", asset_id=asset_id), 303)


@bp.post("/asset/<int:asset_id>/revoke")
@requires(Permission.PRINT_LABELS)
def revoke(asset_id: int) -> ResponseReturnValue:
    asset = in_scope_or_404(Asset, asset_id, Permission.PRINT_LABELS)
    asset_labels.revoke(asset, by=actor(), at=utcnow())
    db.session.commit()
    flash(t("label.revoked", tag=asset.tag))
    return redirect(url_for(".of_asset", asset_id=asset_id), 303)


def _chosen() -> Chosen:
    given = request.values
    return Chosen(
        asset_id=number_of(given.get("asset")),
        site_id=number_of(given.get("site")),
        department_id=number_of(given.get("department")),
        type_key=given.get("type", "")[:40],
        is_new_only=given.get("new") == "1",
    )


def _paper() -> Paper:
    found = PAPERS.get(request.values.get("paper", ""))
    return found or next(iter(PAPERS.values()))


def _carried() -> dict[str, Any]:
    given = request.values
    return {name: given[name][:40] for name in CARRIED if given.get(name)}
