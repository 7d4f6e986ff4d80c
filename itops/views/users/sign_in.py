"""Signing in and out, and back to the page that was asked for."""

from flask import Blueprint, Flask, Response, abort, redirect, render_template, request, session
from flask import url_for as address_of
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy import select

from itops.auth.actors import actor
from itops.auth.known_browser import known_browser
from itops.auth.permissions import Permission, open_to_all, requires
from itops.auth.second_step import begin_half
from itops.auth.sessions import ENDED, begin_session, end_session, login_manager
from itops.clock import utcnow
from itops.db import db, reading
from itops.errors import Message, Refused
from itops.models import User
from itops.services.auditing import record
from itops.services.users.passwords import matches
from itops.services.users.signing_in import candidate, conclude
from itops.views.answering.frame import frame
from itops.views.answering.problems import wants_json
from itops.views.showing.forms import Form
from itops.views.users.kept_form import is_kept, kept_page
from itops.views.users.second_step import to_second_step
from itops.views.users.wanted import WANTED, address_wanted, remember_page

bp = Blueprint("sign_in", __name__)


def init_app(_app: Flask) -> None:
    """Send whoever is not signed in to the sign-in page; a program gets a 401."""
    login_manager.unauthorized_handler(sign_in_first)


def sign_in_first() -> ResponseReturnValue:
    """Answer a request that needs a person and has none."""
    if wants_json():
        abort(401)
    if is_kept():
        return kept_page()
    remember_page()
    if request.headers.get("HX-Request"):  # htmx would swap the sign-in page into this one
        return Response(status=401, headers={"HX-Redirect": address_of("sign_in.show")})
    return redirect(address_of("sign_in.show"))


@bp.get("/sign-in")
@open_to_all("whoever is not signed in yet comes here")
def show() -> ResponseReturnValue:
    if current_user.is_authenticated:
        return redirect(address_of("sign_in.start"))
    return _page(Form())


@bp.post("/sign-in")
@open_to_all("it checks the password itself")
def submit() -> ResponseReturnValue:
    at, address = utcnow(), request.remote_addr or ""
    login, password = request.form.get("login", ""), request.form.get("password", "")
    try:
        with reading():
            who = candidate(login, address=address, known=known_browser(), at=at)
            db.session.rollback()
    except Refused as refusal:
        return _page(Form.refused({"login": login}, refusal)), 429
    wanted = session.get(WANTED)
    user = conclude(
        who, is_right=matches(who.password_hash, password), address=address, at=utcnow()
    )
    if user and user.has_second_factor:
        begin_half(user, at=at)
    elif user:
        begin_session(user, at=at)
    db.session.commit()
    if user is None:
        return _page(Form({"login": login}, message=Message("sign_in.wrong"))), 422
    if user.has_second_factor:
        return to_second_step()
    return redirect(address_wanted(wanted))


@bp.post("/sign-out")
@open_to_all("whoever is signed in may leave; for all others it does nothing")
def leave() -> ResponseReturnValue:
    if current_user.is_authenticated:
        record("sign_out.done", current_user._get_current_object(), by=actor(), at=utcnow())  # noqa: SLF001 - flask_login's proxy
    end_session(at=utcnow())
    db.session.commit()
    session.clear()
    response = redirect(address_of(".show"))
    # Pages are never stored; this clears what the browser keeps to go back to, and all else.
    response.headers["Clear-Site-Data"] = '"cache", "storage"'
    return response


@bp.get("/start")
@requires(Permission.BE_HERE)
def start() -> ResponseReturnValue:
    """Send a person to the first page of theirs."""
    places = frame().places
    return redirect(places[0].url if places else address_of("account.show"))


def _page(form: Form) -> str:
    return render_template(
        "sign_in/show.html", form=form, ended=session.pop(ENDED, ""), is_new=_is_new()
    )


def _is_new() -> bool:
    """Whether nobody has ever set a password here."""
    return db.session.scalar(select(User.id).where(User.password_hash != "").limit(1)) is None
