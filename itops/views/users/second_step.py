"""The second page of signing in: a code of the phone, or one of those on paper."""

from flask import Blueprint, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue

from itops.auth.known_browser import known_browser
from itops.auth.permissions import open_to_all
from itops.auth.second_step import half_signed_in
from itops.auth.sessions import begin_session
from itops.clock import utcnow
from itops.db import db, reading
from itops.errors import Message, Refused
from itops.services.users.signing_in import conclude_code, refuse_in_haste
from itops.views.showing.forms import Form
from itops.views.users.wanted import WANTED, address_wanted

bp = Blueprint("second_step", __name__)


@bp.get("/sign-in/code")
@open_to_all("whoever showed a password, and nobody else, is asked for the second factor")
def show() -> ResponseReturnValue:
    return _page(Form())


@bp.post("/sign-in/code")
@open_to_all("it checks the second factor itself")
def submit() -> ResponseReturnValue:
    at, address = utcnow(), request.remote_addr or ""
    try:
        with reading():
            half = half_signed_in(at=at)
            browser = known_browser().name_for(half.id, half.password_hash) if half else ""
            if not browser:
                refuse_in_haste(address, at=at)
            db.session.rollback()
    except Refused as refusal:
        return _page(Form.refused({}, refusal), 429)
    if half is None:
        return _page(Form())
    wanted = session.get(WANTED)
    typed = request.form.get("code", "")
    user = conclude_code(half.id, typed, address=address, browser=browser, at=at)
    if user:
        begin_session(user, at=at)
    db.session.commit()
    if user is None:
        return _page(Form(message=Message("second_step.wrong")), 422)
    return redirect(address_wanted(wanted))


def _page(form: Form, status: int = 200) -> ResponseReturnValue:
    """Return the page; for who has not shown a password just now, one that says so."""
    is_half = half_signed_in(at=utcnow()) is not None
    page = render_template("sign_in/code.html", form=form, is_half=is_half)
    return page, status if is_half else 410


def to_second_step() -> ResponseReturnValue:
    """Send a person who showed the password to the second page."""
    return redirect(url_for("second_step.show"))
