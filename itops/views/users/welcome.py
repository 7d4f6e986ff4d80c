"""One-time links: the first password, a new one, or a look at the demo; and the first steps."""

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from itops.auth.permissions import Permission, open_to_all, requires
from itops.auth.second_step import begin_half
from itops.auth.sessions import begin_session, settings
from itops.clock import utcnow
from itops.db import db, reading
from itops.errors import Invalid, Refused
from itops.models import LinkPurpose, OneTimeLink, User
from itops.services.auditing import Actor, record
from itops.services.first_steps import progress
from itops.services.users.accounts import FIRST_LOGIN, Particulars, set_password
from itops.services.users.one_time_links import find_link, use_link
from itops.views.answering.frame import is_open
from itops.views.showing.forms import Form
from itops.views.users.new_password import new_password_hash, remembered, rules_for
from itops.views.users.second_step import to_second_step

bp = Blueprint("welcome", __name__)


@bp.get("/welcome/<token>")
@open_to_all("the link itself is the proof; opening it uses nothing up")
def show(token: str) -> ResponseReturnValue:
    link = find_link(token, at=utcnow())
    return _page(link, Form()), 200 if link else 410


@bp.post("/welcome/<token>")
@open_to_all("the link itself is the proof")
def use(token: str) -> ResponseReturnValue:
    at = utcnow()
    try:
        name, password_hash = _typed(token)
        link = use_link(token, at=at)
    except Invalid as error:
        typed = {"name": request.form.get("name", "")}
        return _page(find_link(token, at=at), Form.refused(typed, error)), 422
    except Refused:
        return _page(None, Form()), 410
    by = Actor(link.user.id, name or link.user.name, request.remote_addr or "")
    if link.purpose is LinkPurpose.SET_PASSWORD:
        set_password(link.user, password_hash, name=name, by=by, at=at, remembered=remembered())
    else:
        record("sign_in.by_link", link.user, by=by, at=at)
    if link.user.has_second_factor:
        begin_half(link.user, at=at)
        db.session.commit()
        return to_second_step()
    is_first = _is_first(link.user)
    link.user.last_sign_in_at = at
    begin_session(link.user, at=at)
    db.session.commit()
    return redirect(url_for(".first_steps" if is_first else "sign_in.start"))


@bp.get("/first-steps")
@requires(Permission.MANAGE_USERS)
def first_steps() -> ResponseReturnValue:
    return render_template(
        "welcome/first_steps.html",
        settings=settings(),
        done=progress(settings()),
        is_open=is_open,
    )


def _is_first(user: User) -> bool:
    """Whether this person is the only one so far who can sign in."""
    others = select(User.id).where(User.id != user.id, User.password_hash != "").limit(1)
    return not user.is_demo and db.session.scalar(others) is None


def _tells_name(user: User) -> bool:
    """Whether the account has only the name that the first start gave it."""
    is_its_own = user.login.startswith(FIRST_LOGIN) and not user.password_hash
    return is_its_own and _is_first(user)


def _typed(token: str) -> tuple[str, str]:
    """Return the person's name, if it is asked for, and the hash of the new password.

    Both are "" where the link only signs in. Made before the transaction that uses the link.
    """
    with reading():
        link = find_link(token, at=utcnow())
        if link is None or link.purpose is not LinkPurpose.SET_PASSWORD:
            db.session.rollback()
            return "", ""
        typed = request.form.get("name") if _tells_name(link.user) else None
        rules = rules_for(link.user)
        db.session.rollback()
    if typed is None:
        return "", new_password_hash(rules)
    told = Particulars(login=rules.login, name=typed.strip())
    return told.name, new_password_hash(rules)


def _page(link: OneTimeLink | None, form: Form) -> str:
    return render_template(
        "welcome/show.html",
        form=form,
        link=link,
        tells_name=link is not None and _tells_name(link.user),
        shortest=settings().password_length,
    )
