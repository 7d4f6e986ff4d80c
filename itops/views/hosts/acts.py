"""What is done with a host that was let in: match it, join it, believe it again, shut it out."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from itops.auth.actors import actor
from itops.auth.permissions import Permission, requires
from itops.auth.scopes import in_scope_or_404, reach, scoped
from itops.clock import utcnow
from itops.db import db
from itops.errors import Invalid, ItopsError, Refused
from itops.models import Asset, Host
from itops.services.hosts import admitting
from itops.services.hosts import matching as host_matching
from itops.services.hosts import merging as host_merging
from itops.services.hosts.matching import Match
from itops.views.answering.language import t
from itops.views.hosts.fleet_filters import number_in
from itops.views.showing.forms import Form

bp = Blueprint("host_acts", __name__, url_prefix="/hosts/<int:host_id>")
#: Acts that ask for the host's name: what they do is not easily undone.
DANGEROUS = ("revoke", "release", "merge")


@bp.route("/revoke", methods=["GET", "POST"])
@requires(Permission.MANAGE_HOSTS)
def revoke(host_id: int) -> ResponseReturnValue:
    host = _managed(host_id)
    if request.method == "GET":
        return _page("revoke", host)
    try:
        _named(host)
        admitting.revoke(host, by=actor(), at=utcnow())
    except ItopsError as error:
        return _refused("revoke", host, error)
    return _done(host, "host.revoked")


@bp.route("/release", methods=["GET", "POST"])
@requires(Permission.MANAGE_HOSTS)
def release(host_id: int) -> ResponseReturnValue:
    host = _managed(host_id)
    if request.method == "GET":
        return _page("release", host)
    try:
        _named(host)
        admitting.release(host, by=actor(), at=utcnow())
    except ItopsError as error:
        return _refused("release", host, error)
    return _done(host, "host.released")


@bp.route("/split", methods=["GET", "POST"])
@requires(Permission.MANAGE_HOSTS)
def split(host_id: int) -> ResponseReturnValue:
    host = _managed(host_id)
    if request.method == "GET":
        return _page("split", host)
    try:
        host_merging.split(host, by=actor(), at=utcnow())
    except ItopsError as error:
        return _refused("split", host, error)
    return _done(host, "host.was_split")


@bp.route("/merge", methods=["GET", "POST"])
@requires(Permission.MANAGE_HOSTS)
def merge(host_id: int) -> ResponseReturnValue:
    """Make this host a former identity of the chosen one; both must be within reach."""
    host = _managed(host_id)
    if request.method == "GET":
        return _page("merge", host, matches=matches_within(host, Host))
    try:
        into = _chosen_host()
        _named(host)
        host_merging.merge(host, into, by=actor(), at=utcnow())
    except ItopsError as error:
        return _refused("merge", host, error, matches=matches_within(host, Host))
    return _done(into, "host.was_merged")


@bp.route("/link", methods=["GET", "POST"])
@requires(Permission.MANAGE_HOSTS)
def link(host_id: int) -> ResponseReturnValue:
    host = _managed(host_id)
    if request.method == "GET":
        matches = matches_within(host, Asset)
        return _page("link", host, Form(_linked(host, matches)), matches)
    try:
        _let_go(host)
        admitting.link(host, asset_typed(), by=actor(), at=utcnow())
    except ItopsError as error:
        return _refused("link", host, error, matches=matches_within(host, Asset))
    return _done(host, "host.was_linked")


def _let_go(host: Host) -> None:
    """Raise Refused if the machine is one of somebody else's assets: it can't be taken off it."""
    asset = host.asset
    if asset is not None and not reach(Permission.MANAGE_HOSTS).covers(
        site_id=asset.site_id, department_id=asset.department_id
    ):
        raise Refused("asset.out_of_reach")


def _linked(host: Host, matches: list[Match]) -> dict[str, str]:
    """Return the form's content for what the host is now, so that saving it changes nothing."""
    if host.asset is None:
        return {}
    if any(match.subject is host.asset for match in matches):
        return {"asset": str(host.asset.id)}
    return {"tag": host.asset.tag}


def asset_typed() -> Asset | None:
    """Return the asset within reach that a form names, by its number or its tag; None for none."""
    number, tag = number_in(request.form, "asset"), request.form.get("tag", "").strip()
    if not number and not tag:
        return None
    wanted = Asset.tag == tag if tag else Asset.id == number
    found = db.session.scalar(scoped(select(Asset).where(wanted), Asset, Permission.MANAGE_HOSTS))
    if found is None:
        raise Invalid("host.no_such_asset", field="tag", tag=tag)
    return found


def _chosen_host() -> Host:
    number = number_in(request.form, "into")
    if not number:
        raise Invalid("host.choose_one", field="into")
    return in_scope_or_404(Host, number, Permission.MANAGE_HOSTS)


def _managed(host_id: int) -> Host:
    return in_scope_or_404(Host, host_id, Permission.MANAGE_HOSTS)


def _named(host: Host) -> None:
    """Raise Invalid unless the person has typed the host's name."""
    if request.form.get("name", "").strip().casefold() != host.name.casefold():
        raise Invalid("host.name_differs", field="name", name=host.name)


def matches_within(host: Host, *kinds: type[Asset] | type[Host]) -> list[Match]:
    """Return what the host may be: assets, other identities or both, within reach."""
    within = reach(Permission.MANAGE_HOSTS)
    return [
        match
        for match in host_matching.suggestions(host)
        if isinstance(match.subject, kinds) and within.covers(site_id=match.subject.site_id)
    ]


def _page(
    act: str, host: Host, form: Form | None = None, matches: list[Match] | None = None
) -> str:
    return render_template(
        "hosts/act.html",
        act=act,
        host=host,
        form=form or Form(),
        matches=matches or [],
        is_dangerous=act in DANGEROUS,
    )


def _refused(
    act: str, host: Host, error: ItopsError, matches: list[Match] | None = None
) -> ResponseReturnValue:
    """Show the form again with what was typed and why it was refused; nothing is changed."""
    form = Form.refused(request.form, error)
    page = _page(act, host, form, matches)
    db.session.rollback()
    return page, 409 if not form.errors else 400


def _done(host: Host, key: str) -> ResponseReturnValue:
    db.session.commit()
    flash(t(key, name=host.name), "ok")
    return redirect(url_for("hosts.show", host_id=host.id))
