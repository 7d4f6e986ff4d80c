"""One's own tokens for programs: made, shown once, revoked."""

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from itops.auth.actors import actor
from itops.auth.permissions import Permission, requires
from itops.auth.sessions import settings
from itops.auth.tokens import held_scopes
from itops.clock import utcnow
from itops.db import db
from itops.errors import Invalid, Refused
from itops.models import ApiToken
from itops.services.users import tokens
from itops.views.answering.language import t
from itops.views.showing.choices import number_of
from itops.views.showing.forms import Form
from itops.views.users.own_password import person_by_password

bp = Blueprint("tokens", __name__, url_prefix="/account/tokens")
#: Days that the form offers; the usual one stands first.
DAYS = (90, 7, 30, 365)


@bp.get("")
@requires(Permission.BE_HERE)
def index() -> ResponseReturnValue:
    return _page(Form())


@bp.post("")
@requires(Permission.BE_HERE)
def create() -> ResponseReturnValue:
    at, held = utcnow(), held_scopes()
    try:
        wanted = tokens.Wanted(
            name=request.form.get("name", "").strip(),
            scope=tuple(request.form.getlist("scope")),
            days=number_of(request.form.get("days")) or 0,
            held={one.value for one in held},
        )
        user = person_by_password(at=at)
        _, token = tokens.create(user, wanted, by=actor(), at=at)
    except (Invalid, Refused) as error:
        db.session.rollback()
        return _page(Form.refused(_typed(), error)), 422
    db.session.commit()
    return _page(Form(), token)


@bp.post("/<int:token_id>/revoke")
@requires(Permission.BE_HERE)
def revoke(token_id: int) -> ResponseReturnValue:
    token = db.session.get(ApiToken, token_id)
    if token is None or token.user_id != current_user.id:
        abort(404)
    tokens.revoke(token, by=actor(), at=utcnow())
    db.session.commit()
    flash(t("token.revoked", name=token.name), "ok")
    return redirect(url_for(".index"))


def _typed() -> dict[str, object]:
    scope = request.form.getlist("scope")
    return {**request.form.to_dict(), "scope": scope, "present": ""}


def _page(form: Form, token: str = "") -> str:
    return render_template(
        "account/tokens.html",
        form=form,
        token=token,
        tokens=tokens.live(current_user.id, at=utcnow()),
        scopes=held_scopes(),
        days=DAYS,
        address=settings().own_url + url_for("api.description"),
    )
