"""Who is told: everybody sees and changes their own wishes, administrators everybody's."""

from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy import select

from itops.auth.actors import actor
from itops.auth.permissions import Permission, requires
from itops.auth.scopes import reach
from itops.checks.base import State
from itops.clock import utcnow
from itops.db import db
from itops.errors import ItopsError
from itops.models import Channel, Criticality, Subscription, User
from itops.services.alerting import subscribing
from itops.services.alerting.channels import PERSONAL
from itops.views.answering.language import named, t
from itops.views.showing.choices import number_of, places_to_choose
from itops.views.showing.forms import Form

bp = Blueprint("subscriptions", __name__, url_prefix="/subscriptions")
SEES = Permission.VIEW_ALERTS
#: Stands in the form for the group that a channel reaches.
GROUP = "group"


@bp.get("")
@requires(SEES)
def index() -> ResponseReturnValue:
    usual = {"from_state": State.UNKNOWN.value, "from_criticality": Criticality.HIGH.value}
    return _page(Form(usual))


@bp.post("")
@requires(SEES)
def add() -> ResponseReturnValue:
    try:
        wish = subscribing.parse(request.form)
        within = reach(Permission.MANAGE_CHANNELS if _manages() else SEES)
        subscribing.add(wish, _for_whom(), within=within, by=actor(), at=utcnow())
    except ItopsError as error:
        db.session.rollback()
        return _page(Form.refused(request.form, error)), 400
    db.session.commit()
    flash(t("subscription.made"))
    return redirect(url_for(".index"))


@bp.post("/<int:subscription_id>/remove")
@requires(SEES)
def remove(subscription_id: int) -> ResponseReturnValue:
    subscription = db.session.get(Subscription, subscription_id)
    if subscription is None or not (_manages() or subscription.user_id == current_user.id):
        abort(404)
    subscribing.remove(subscription, by=actor(), at=utcnow())
    db.session.commit()
    flash(t("subscription.removed"))
    return redirect(url_for(".index"))


def _manages() -> bool:
    """Whether the person says who else is told; of the whole hospital, or others' would be read."""
    return reach(Permission.MANAGE_CHANNELS).everywhere


def _for_whom() -> User | None:
    """Return the person of the form; who manages nothing is told themselves."""
    if not _manages():
        return db.session.get_one(User, current_user.id)
    typed = request.form.get("user_id", "")
    if typed == GROUP:
        return None
    found = db.session.get(User, number_of(typed) or current_user.id)
    return found or db.session.get_one(User, current_user.id)


def _page(form: Form) -> str:
    manages = _manages()
    names = ("channel_id", "user_id", "site_id", "from_state", "from_criticality")
    return render_template(
        "alerts/subscriptions.html",
        form=form,
        manages=manages,
        me=current_user,
        subscriptions=subscribing.listed(user_id=None if manages else current_user.id),
        options=_options(manages),
        labels={name: t(f"subscription.field.{name}") for name in names},
    )


def _options(manages: bool) -> dict[str, Any]:  # noqa: FBT001 - one of two pages
    places = places_to_choose(SEES)
    channels = select(Channel).where(Channel.is_enabled).order_by(Channel.name)
    if not manages:
        channels = channels.where(Channel.kind.in_(PERSONAL))
    return {
        "channel_id": [(one.id, one.name) for one in db.session.scalars(channels)],
        "user_id": [*_people(), (GROUP, t("subscription.group"))] if manages else [],
        "site_id": [("", t("subscription.every_site"))]
        + [(site.id, named(site)) for site in places.sites],
        "from_state": [(one.value, t(f"subscription.from.{one}")) for one in subscribing.STATES],
        "from_criticality": [
            (one.value, t(f"subscription.criticality.{one}")) for one in Criticality
        ],
    }


def _people() -> list[tuple[int, str]]:
    enabled = select(User.id, User.name).where(User.is_enabled, User.email != "")
    return [(row.id, row.name) for row in db.session.execute(enabled.order_by(User.name))]
