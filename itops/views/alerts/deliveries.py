"""The log of messages: what was sent to whom, and sending again what may not have got there."""

from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from itops.auth.actors import actor
from itops.auth.permissions import Permission, requires
from itops.auth.scopes import only_everywhere, reach
from itops.clock import utcnow
from itops.db import db
from itops.errors import Refused
from itops.models import Channel, Delivery, DeliveryState
from itops.services.alerting import delivery_log
from itops.views.answering.language import said, t
from itops.views.hosts.health import Part
from itops.views.showing.choices import choice_of, number_of

bp = Blueprint("deliveries", __name__, url_prefix="/deliveries")
bp.before_request(only_everywhere)
SEES = Permission.VIEW_DELIVERIES


@bp.get("")
@requires(SEES)
def index() -> ResponseReturnValue:
    state = choice_of(DeliveryState, request.args.get("state", ""))
    channel_id = number_of(request.args.get("channel", ""))
    before = number_of(request.args.get("before", "")) or 0
    found = delivery_log.page(state=state, channel_id=channel_id, before=before)
    shown = found[: delivery_log.PAGE]
    kept: dict[str, Any] = {"state": state, "channel": channel_id}
    following = url_for(".index", **kept, before=shown[-1].id) if len(found) > len(shown) else ""
    return render_template(
        "alerts/deliveries.html",
        deliveries=shown,
        states=_states(state, channel_id),
        channels=_channels(state, channel_id),
        next_url=following,
        first_url=url_for(".index", **kept) if before else "",
        may_send=reach(Permission.MANAGE_CHANNELS).everywhere,
        again=delivery_log.AGAIN,
    )


@bp.post("/<int:delivery_id>/again")
@requires(Permission.MANAGE_CHANNELS)
def again(delivery_id: int) -> ResponseReturnValue:
    delivery = db.session.get(Delivery, delivery_id)
    if delivery is None:
        abort(404)
    try:
        delivery_log.send_again(delivery, by=actor(), at=utcnow())
    except Refused as refusal:
        db.session.rollback()
        flash(said(refusal.message), "error")
    else:
        db.session.commit()
        flash(t("delivery.is_sent_again"))
    return redirect(url_for(".index"))


def _states(chosen: DeliveryState | None, channel_id: int | None) -> list[Part]:
    counts = delivery_log.counts()
    every = Part(
        t("delivery.every_state"), url_for(".index", channel=channel_id), is_current=not chosen
    )
    return [
        every,
        *(
            Part(
                t(f"delivery.state.{one}"),
                url_for(".index", state=one, channel=channel_id),
                counts[one.value],
                is_current=chosen is one,
            )
            for one in DeliveryState
        ),
    ]


def _channels(state: DeliveryState | None, chosen: int | None) -> list[Part]:
    found = db.session.execute(select(Channel.id, Channel.name).order_by(Channel.name))
    every = Part(t("delivery.every_channel"), url_for(".index", state=state), is_current=not chosen)
    return [
        every,
        *(
            Part(
                row.name,
                url_for(".index", state=state, channel=row.id),
                is_current=row.id == chosen,
            )
            for row in found
        ),
    ]
