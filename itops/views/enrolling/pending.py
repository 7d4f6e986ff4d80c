"""The machines that wait: which assets they probably are, and letting them in, one or many."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from itops.auth.actors import actor
from itops.auth.permissions import Permission, may, requires
from itops.auth.scopes import in_scope_or_404, reach
from itops.clock import utcnow
from itops.db import db
from itops.errors import Invalid, ItopsError
from itops.models import Asset, Enrolment, Host, Lifecycle, Site
from itops.services.assets import register as asset_register
from itops.services.assets.facts import parse
from itops.services.enrolling import codes as enrolment_codes
from itops.services.hosts import admitting
from itops.services.hosts import listing as host_list
from itops.services.hosts import page as host_page
from itops.services.hosts.board import Narrowing
from itops.services.hosts.listing import Asked, Listing
from itops.views.answering.language import t
from itops.views.hosts.acts import asset_typed, matches_within
from itops.views.hosts.fleet_filters import number_in
from itops.views.hosts.health import watching
from itops.views.places.site_choice import site_typed, sites_within
from itops.views.showing.choices import number_of
from itops.views.showing.forms import Form

bp = Blueprint("pending", __name__, url_prefix="/enrolment/pending")
HOST = "<int:host_id>"


@bp.get("")
@requires(Permission.MANAGE_HOSTS)
def index() -> ResponseReturnValue:
    asked = Asked(Listing.PENDING, after=number_of(request.args.get("after")) or 0)
    page = host_list.page(watching(Permission.MANAGE_HOSTS), asked, Narrowing())
    return render_template("enrolment/pending.html", page=page, asked=asked)


@bp.get("/preview")
@requires(Permission.MANAGE_HOSTS)
def preview() -> ResponseReturnValue:
    """Show what the chosen machines probably are, before anybody lets them in."""
    numbers = [number_in({"host": text}, "host") or 0 for text in request.args.getlist("host")]
    within = reach(Permission.MANAGE_HOSTS)
    found = enrolment_codes.proposals(numbers, within.condition(Host), within)
    return render_template("enrolment/preview.html", proposals=found)


@bp.post("/approve")
@requires(Permission.MANAGE_HOSTS)
def approve_all() -> ResponseReturnValue:
    """Let in all that the preview showed, each as the asset that was ticked; all or none."""
    numbers = [number_in({"host": text}, "host") or 0 for text in request.form.getlist("host")]
    chosen = {
        in_scope_or_404(Host, number, Permission.MANAGE_HOSTS): _asset_ticked(number)
        for number in numbers[: enrolment_codes.MOST_AT_ONCE]
    }
    try:
        enrolment_codes.approve_all(chosen, by=actor(), at=utcnow())
    except ItopsError:
        db.session.rollback()
        raise
    db.session.commit()
    flash(t("enrolment.approved_many", n=len(chosen)), "ok")
    return redirect(url_for(".index"))


@bp.route(f"/{HOST}", methods=["GET", "POST"])
@requires(Permission.MANAGE_HOSTS)
def examine(host_id: int) -> ResponseReturnValue:
    host = in_scope_or_404(Host, host_id, Permission.MANAGE_HOSTS)
    if host.enrolment is not Enrolment.PENDING:
        return redirect(url_for("hosts.show", host_id=host.id))
    if request.method == "GET":
        return _page(host, Form(values=_first_guess(host)))
    try:
        asset = _asset_chosen(host)
        admitting.approve(host, asset=asset, site=_site(asset), by=actor(), at=utcnow())
    except ItopsError as error:
        db.session.rollback()
        host = in_scope_or_404(Host, host_id, Permission.MANAGE_HOSTS)
        return _page(host, Form.refused(request.form, error)), 400
    db.session.commit()
    flash(t("enrolment.let_in", name=host.name), "ok")
    return redirect(url_for("hosts.show", host_id=host.id))


def _page(host: Host, form: Form) -> str:
    return render_template(
        "enrolment/examine.html",
        host=host,
        form=form,
        matches=matches_within(host, Asset, Host),
        identifiers=host_page.identifiers(host),
        sites=sites_within(),
        types=watching().types if may(Permission.EDIT_ASSETS) else (),
        is_everywhere=reach(Permission.MANAGE_HOSTS).everywhere,
    )


def _first_guess(host: Host) -> dict[str, str]:
    """Return what stands in the form at first: nothing is chosen that nobody looked at."""
    return {"as": "", "site": str(host.site_id or ""), "name": host.name}


def _asset_chosen(host: Host) -> Asset | None:
    """Return the asset that the form names or describes; None for a machine that is none."""
    choice = request.form.get("as", "")
    if choice == "none":
        return None
    if choice == "new" and may(Permission.EDIT_ASSETS):
        return _new_asset(host)
    if choice == "tag":
        found = asset_typed()
        if found is None:
            raise Invalid("host.no_such_asset", field="tag", tag="")
        return found
    number = number_of(choice)
    if number is not None:
        return in_scope_or_404(Asset, number, Permission.MANAGE_HOSTS)
    raise Invalid("host.choose_one", field="as")


def _new_asset(host: Host) -> Asset:
    """Register the machine as a new asset with what it says of itself."""
    facts = {
        "tag": request.form.get("tag", ""),
        "type_key": request.form.get("type", ""),
        "name": request.form.get("name", ""),
        "site_id": request.form.get("site", ""),
        "lifecycle": Lifecycle.IN_SERVICE.value,
        "criticality": "normal",
        "ip_address": host.address,
    }
    return asset_register.create(
        parse(facts), within=reach(Permission.EDIT_ASSETS), by=actor(), at=utcnow()
    )


def _asset_ticked(host_id: int) -> Asset | None:
    number = number_in(request.form, f"asset_{host_id}")
    return in_scope_or_404(Asset, number, Permission.MANAGE_HOSTS) if number else None


def _site(asset: Asset | None) -> Site | None:
    """Return where the machine is put: with its asset, else at the chosen site within reach."""
    return None if asset is not None else site_typed()
