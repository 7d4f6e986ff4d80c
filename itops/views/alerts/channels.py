"""Channels: the ways out, added and changed by administrators, each with a test button."""

from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from itops.auth.actors import actor
from itops.auth.permissions import Permission, requires
from itops.auth.scopes import only_everywhere
from itops.clock import utcnow
from itops.db import db
from itops.errors import Conflict, Invalid, ItopsError
from itops.models import Channel, ChannelKind, DeliveryState
from itops.remote.mail import Security
from itops.services.alerting import channel_register, delivery_log
from itops.views.answering.language import said, t
from itops.views.showing.choices import choice_of, number_of
from itops.views.showing.forms import Form

bp = Blueprint("channels", __name__, url_prefix="/channels")
bp.before_request(only_everywhere)
MANAGES = Permission.MANAGE_CHANNELS
FIELDS = (
    *("name", "language", "host", "port", "security", "sender", "login", "password"),
    *("url", "secret"),
)
NEWEST = 10
ON_THE_WAY = (DeliveryState.WAITING, DeliveryState.SENDING)


@bp.get("")
@requires(Permission.VIEW_DELIVERIES)
def index() -> ResponseReturnValue:
    found = db.session.scalars(select(Channel).order_by(Channel.name))
    return render_template("alerts/channels.html", channels=list(found), kinds=list(ChannelKind))


@bp.get("/new/<kind>")
@requires(MANAGES)
def new(kind: str) -> ResponseReturnValue:
    return _form(None, _kind(kind), Form({"port": "587", "security": Security.STARTTLS.value}))


@bp.post("/new/<kind>")
@requires(MANAGES)
def create(kind: str) -> ResponseReturnValue:
    try:
        given = channel_register.parse(_kind(kind), request.form)
        made = channel_register.create(given, by=actor(), at=utcnow())
    except ItopsError as error:
        db.session.rollback()
        return _form(None, _kind(kind), _refused(error)), 400
    db.session.commit()
    flash(t("channel.created", name=made.name))
    return redirect(url_for(".show", channel_id=made.id))


@bp.get("/<int:channel_id>")
@requires(Permission.VIEW_DELIVERIES)
def show(channel_id: int) -> ResponseReturnValue:
    channel = found(channel_id)
    newest = delivery_log.newest(channel.id, NEWEST)
    is_under_way = any(one.state in ON_THE_WAY for one in newest)
    return render_template(
        "alerts/channel.html", channel=channel, deliveries=newest, is_under_way=is_under_way
    )


@bp.get("/<int:channel_id>/edit")
@requires(MANAGES)
def edit(channel_id: int) -> ResponseReturnValue:
    channel = found(channel_id)
    typed = {"name": channel.name, "language": channel.language, **channel.settings}
    return _form(channel, channel.kind, Form({**typed, "version": channel.version}))


@bp.post("/<int:channel_id>/edit")
@requires(MANAGES)
def update(channel_id: int) -> ResponseReturnValue:
    channel = found(channel_id)
    try:
        given = channel_register.parse(channel.kind, request.form)
        version = number_of(request.form.get("version", "")) or 0
        channel_register.edit(channel, given, version=version, by=actor(), at=utcnow())
    except (Invalid, Conflict) as error:
        db.session.rollback()
        channel = found(channel_id)
        return _form(channel, channel.kind, _refused(error)), 409 if _is_race(error) else 400
    db.session.commit()
    flash(t("channel.saved", name=channel.name))
    return redirect(url_for(".show", channel_id=channel_id))


@bp.post("/<int:channel_id>/switch")
@requires(MANAGES)
def switch(channel_id: int) -> ResponseReturnValue:
    channel, to = found(channel_id), request.form.get("to", "")
    if to not in {"on", "off"}:
        abort(400)
    channel_register.switch(channel, is_enabled=to == "on", by=actor(), at=utcnow())
    db.session.commit()
    flash(t(f"channel.switched_{to}", name=channel.name))
    return redirect(url_for(".show", channel_id=channel_id))


@bp.post("/<int:channel_id>/test")
@requires(MANAGES)
def test(channel_id: int) -> ResponseReturnValue:
    channel = found(channel_id)
    try:
        channel_register.try_out(channel, by=actor(), at=utcnow())
    except Invalid as error:
        db.session.rollback()
        flash(said(error.message), "error")
    else:
        db.session.commit()
        flash(t("channel.test_sent"))
    return redirect(url_for(".show", channel_id=channel_id))


def found(channel_id: int) -> Channel:
    """Return a channel, or answer that there is none."""
    channel = db.session.get(Channel, channel_id)
    if channel is None:
        abort(404)
    return channel


def _kind(text: str) -> ChannelKind:
    kind = choice_of(ChannelKind, text)
    if kind is None:
        abort(404)
    return kind


def _is_race(error: ItopsError) -> bool:
    return isinstance(error, Conflict)


def _refused(error: ItopsError) -> Form:
    """Return the form as it was sent, but for the secrets: they are typed again."""
    typed = {name: text for name, text in request.form.items() if name not in _SECRETS}
    return Form.refused(typed, error)


_SECRETS = {"password", "url", "secret"}


def _form(channel: Channel | None, kind: ChannelKind, form: Form) -> str:
    options: dict[str, Any] = {
        "language": [("", t("channel.usual_language")), ("zh_Hans", "中文"), ("en", "English")],
        "security": [(one.value, t(f"channel.security.{one}")) for one in Security],
    }
    return render_template(
        "alerts/channel_form.html",
        channel=channel,
        kind=kind,
        form=form,
        options=options,
        labels={name: t(f"channel.field.{name}") for name in FIELDS},
    )
