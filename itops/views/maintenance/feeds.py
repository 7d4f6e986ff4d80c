"""A person's own addresses for calendar programs: made, shown once, revoked."""

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from itops.auth.actors import actor
from itops.auth.permissions import Permission, requires
from itops.auth.sessions import settings
from itops.clock import utcnow
from itops.db import db
from itops.errors import ItopsError
from itops.models import CalendarFeed
from itops.services import written
from itops.services.maintenance import feeds
from itops.views.answering.language import t
from itops.views.showing.forms import Form

bp = Blueprint("feeds", __name__, url_prefix="/feeds")
NAME = written.text(80)


@bp.get("")
@requires(Permission.VIEW_MAINTENANCE)
def index() -> ResponseReturnValue:
    return _page(Form({"is_only_mine": "1"}))


@bp.post("")
@requires(Permission.VIEW_MAINTENANCE)
def create() -> ResponseReturnValue:
    mine = request.form.get("is_only_mine") == "1"
    try:
        name = NAME(request.form.get("name", ""))
        _, token = feeds.create(
            current_user.id, name=name, is_only_mine=mine, by=actor(), at=utcnow()
        )
    except ItopsError as error:
        db.session.rollback()
        return _page(Form.refused(request.form, error)), 400
    db.session.commit()
    address = settings().own_url + url_for("calendars.read", token=token)
    return _page(Form({"is_only_mine": "1"}), address)


@bp.post("/<int:feed_id>/revoke")
@requires(Permission.VIEW_MAINTENANCE)
def revoke(feed_id: int) -> ResponseReturnValue:
    feed = db.session.get(CalendarFeed, feed_id)
    if feed is None or feed.user_id != current_user.id:
        abort(404)
    feeds.revoke(feed, by=actor(), at=utcnow())
    db.session.commit()
    flash(t("feed.revoked"))
    return redirect(url_for("maintenance.feeds.index"))


def _page(form: Form, address: str = "") -> str:
    return render_template(
        "maintenance/feeds.html", form=form, feeds=feeds.live(current_user.id), address=address
    )
