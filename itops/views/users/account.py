"""One's own account: language and light, the browsers one is signed in on, the password."""

from flask import Blueprint, abort, flash, g, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from itops.auth.actors import actor
from itops.auth.permissions import Permission, requires
from itops.auth.second_step import must_change_password
from itops.auth.sessions import begin_session, settings
from itops.clock import utcnow
from itops.db import db
from itops.errors import Invalid, Refused
from itops.models import User, UserSession
from itops.services.auditing import record
from itops.services.users.accounts import live_sessions, set_password
from itops.services.users.second_factor import codes_left
from itops.services.users.ways_in import end_sessions
from itops.views.answering.language import t
from itops.views.showing.forms import Form
from itops.views.users.browsers import browser_name
from itops.views.users.new_password import new_password_hash, remembered, rules_for
from itops.views.users.own_password import person_by_password

bp = Blueprint("account", __name__, url_prefix="/account")
bp.add_app_template_filter(browser_name, "browser")


@bp.get("")
@requires(Permission.BE_HERE)
def show() -> ResponseReturnValue:
    return _page(Form())


@bp.post("/password")
@requires(Permission.BE_HERE)
def change_password() -> ResponseReturnValue:
    at, rules = utcnow(), rules_for(current_user)
    db.session.rollback()  # hashing is slow: let others write meanwhile
    try:
        password_hash = new_password_hash(rules)
        user = person_by_password(at=at)
    except (Invalid, Refused) as error:
        return _page(Form.refused({}, error)), 422
    set_password(user, password_hash, by=actor(), at=at, remembered=remembered())
    begin_session(user, at=at)
    db.session.commit()
    flash(t("account.password_changed"), "ok")
    return redirect(url_for(".show"))


@bp.post("/sessions/<int:session_id>/end")
@requires(Permission.BE_HERE)
def end_one(session_id: int) -> ResponseReturnValue:
    row = db.session.get(UserSession, session_id)
    if row is None or row.user_id != current_user.id:
        abort(404)
    if session_id != g.session_id:
        try:
            _prove()
        except (Invalid, Refused) as error:
            return _page(Form.refused({}, error)), 422
    if row.revoked_at is None:
        row.revoked_at = utcnow()
        record(
            "session.ended", row.user, by=actor(), at=row.revoked_at, after={"browser": row.browser}
        )
    db.session.commit()
    return redirect(url_for(".show"))


@bp.post("/sessions/end-all")
@requires(Permission.BE_HERE)
def end_all() -> ResponseReturnValue:
    try:
        _prove()
    except (Invalid, Refused) as error:
        return _page(Form.refused({}, error)), 422
    user = db.session.get_one(User, current_user.id)
    end_sessions(user, at=utcnow())
    record("session.all_ended", user, by=actor(), at=utcnow())
    db.session.commit()
    return redirect(url_for("sign_in.show"))


def _prove() -> None:
    """Raise Invalid or Refused unless the form brought the present password.

    Whoever finds a browser open doesn't put its person out of the others. The demo's people have
    no password.
    """
    if not current_user.is_demo:
        person_by_password(at=utcnow(), field="proof")


def _page(form: Form) -> str:
    user = db.session.get_one(User, current_user.id)
    return render_template(
        "account/show.html",
        form=form,
        sessions=live_sessions(user, at=utcnow()),
        this_session=g.session_id,
        grants=[*g.grants, *g.withheld],
        is_password_old=must_change_password(),
        is_away=bool(g.withheld),
        resting=g.resting,
        shortest=settings().password_length,
        has_second_factor=user.has_second_factor,
        codes_left=codes_left(user),
    )
