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
from itops.errors import Invalid, ItopsError
from itops.models import Channel, ChannelKind, DeliveryState
from itops.remote.mail import Security
from itops.services.alerting import channel_register, delivery_log
from itops.views.answering.language import said, t
from itops.views.editing import Editing, Saved
from itops.views.merging import VERSION, Both, Disputed
from itops.views.showing.choices import choice_of
from itops.views.showing.forms import Form

bp = Blueprint("channels", __name__, url_prefix="/channels")
bp.before_request(only_everywhere)
MANAGES = Permission.MANAGE_CHANNELS
FIELDS = (
    *("name", "language", "host", "port", "security", "sender", "login", "password"),
    *("url", "secret"),
)
#: Fields that are never sent back to a browser: they are typed again.
SECRETS = frozenset({"password", "url", "secret"})
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
        typed = {name: text for name, text in request.form.items() if name not in SECRETS}
        return _form(None, _kind(kind), Form.refused(typed, error)), 400
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
    return CHANNEL.begin(channel_id)


@bp.post("/<int:channel_id>/edit")
@requires(MANAGES)
def update(channel_id: int) -> ResponseReturnValue:
    return CHANNEL.save(channel_id)


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


def _typed(channel: Channel) -> dict[str, str]:
    settings = {name: str(value) for name, value in channel.settings.items()}
    own = {"name": channel.name, "language": channel.language, VERSION: str(channel.version)}
    return settings | own


def _write(channel: Channel, both: Both) -> Saved:
    given = channel_register.parse(channel.kind, both.typed)
    channel_register.edit(channel, given, version=both.version, by=actor(), at=utcnow())
    return Saved(t("channel.saved", name=channel.name), url_for(".show", channel_id=channel.id))


def _form(channel: Channel | None, kind: ChannelKind, form: Form, theirs: Disputed = ()) -> str:
    options: dict[str, Any] = {
        "language": [("", t("channel.usual_language")), ("zh_Hans", "中文"), ("en", "English")],
        "security": [(one.value, t(f"channel.security.{one}")) for one in Security],
    }
    return render_template(
        "alerts/channel_form.html",
        channel=channel,
        kind=kind,
        form=form,
        theirs=theirs,
        options=options,
        labels=_labels(),
    )


def _labels() -> dict[str, str]:
    return {name: t(f"channel.field.{name}") for name in FIELDS}


CHANNEL = Editing(
    find=found,
    shown=_typed,
    write=_write,
    page=lambda one, form, theirs: _form(one, one.kind, form, theirs),
    labels=lambda _: _labels(),
    matters=(frozenset({*channel_register.BOUND_TO_PASSWORD, "password"}),),
    secrets=SECRETS,
)
