"""One's own second factor: set up with a phone, its codes for paper, taken away again."""

from flask import (
    Blueprint,
    Flask,
    abort,
    current_app,
    flash,
    redirect,
    render_template,
    request,
    url_for,
)
from flask.typing import ResponseReturnValue
from flask_login import current_user

from itops.auth.actors import actor
from itops.auth.permissions import Permission, requires
from itops.auth.second_step import must_change_password, must_set_up
from itops.auth.sessions import begin_session, settings
from itops.clock import utcnow
from itops.db import db
from itops.documents import qr
from itops.errors import Invalid, Refused
from itops.models import User
from itops.services.users import second_factor, totp
from itops.views.answering.language import t
from itops.views.answering.problems import wants_json
from itops.views.showing.forms import Form
from itops.views.users.kept_form import is_kept, kept_page
from itops.views.users.own_password import person_by_password
from itops.views.users.wanted import remember_page

bp = Blueprint("second_factor", __name__, url_prefix="/account/second-factor")
#: What comes before all other pages, in this order: whether it is due, where it is done, and
#: which pages are open meanwhile.
FIRST = (
    (must_change_password, "account.show", ("account.show", "account.change_password")),
    (must_set_up, "second_factor.show", ("second_factor.", "sign_in.start")),
)


def init_app(app: Flask) -> None:
    """Lead whoever needs a new password or a second factor to it, before anything else."""
    app.before_request(first_things)


def first_things() -> ResponseReturnValue | None:
    """Answer in place of a page, while something has to be done first."""
    endpoint = request.endpoint or ""
    needed = getattr(current_app.view_functions.get(endpoint), "permission", None)
    if not isinstance(needed, Permission):
        return None
    due = next(((page, open_) for is_due, page, open_ in FIRST if is_due()), None)
    if due is None or endpoint.startswith(due[1]):
        return None
    if wants_json():
        abort(403)
    if is_kept():
        return kept_page()
    remember_page()
    return redirect(url_for(due[0]))


@bp.get("")
@requires(Permission.BE_HERE)
def show() -> ResponseReturnValue:
    return _page(Form())


@bp.post("/begin")
@requires(Permission.BE_HERE)
def begin() -> ResponseReturnValue:
    at = utcnow()
    try:
        user = person_by_password(at=at)
        secret = second_factor.begin(user, by=actor(), at=at)
    except (Invalid, Refused) as error:
        return _again(error)
    db.session.commit()
    issuer = " ".join(("itops", settings().hospital)).strip()
    path, side = qr.path(totp.app_address(secret, login=user.login, issuer=issuer))
    return _page(Form(), path=path, side=side, secret=totp.base32(secret), is_begun=True)


@bp.post("/confirm")
@requires(Permission.BE_HERE)
def confirm() -> ResponseReturnValue:
    at, user = utcnow(), _me()
    try:
        codes = second_factor.confirm(user, request.form.get("code", ""), by=actor(), at=at)
    except Invalid as error:
        db.session.rollback()
        return _page(Form.refused({}, error), is_begun=True), 422
    except Refused as refusal:
        return _again(refusal)
    begin_session(user, at=at)
    db.session.commit()
    return render_template("account/recovery_codes.html", codes=codes, login=user.login)


@bp.post("/codes")
@requires(Permission.BE_HERE)
def draw_codes() -> ResponseReturnValue:
    at = utcnow()
    try:
        user = person_by_password(at=at)
        codes = second_factor.draw_codes(user, by=actor(), at=at)
    except (Invalid, Refused) as error:
        return _again(error)
    db.session.commit()
    return render_template("account/recovery_codes.html", codes=codes, login=user.login)


@bp.post("/remove")
@requires(Permission.BE_HERE)
def remove() -> ResponseReturnValue:
    at = utcnow()
    try:
        user = person_by_password(at=at)
        second_factor.remove(user, by=actor(), at=at)
    except (Invalid, Refused) as error:
        return _again(error)
    begin_session(user, at=at)
    db.session.commit()
    flash(t("second_factor.removed"), "ok")
    return redirect(url_for("account.show"))


def _me() -> User:
    return db.session.get_one(User, current_user.id)


def _again(error: Invalid | Refused) -> ResponseReturnValue:
    db.session.rollback()
    return _page(Form.refused({}, error)), 422


def _page(form: Form, **shown: object) -> str:
    user = _me()
    return render_template(
        "account/second_factor.html",
        form=form,
        is_on=user.has_second_factor,
        since=user.second_factor.confirmed_at if user.second_factor else None,
        codes_left=second_factor.codes_left(user),
        is_asked=must_set_up(),
        **shown,
    )
