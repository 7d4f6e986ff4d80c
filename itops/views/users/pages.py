"""The people pages: who has an account, who they are, and how they get in."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from flask import Blueprint, abort, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from itops.auth.actors import actor
from itops.auth.granting import may_change, people_in_reach
from itops.auth.permissions import Permission, requires
from itops.auth.sessions import settings
from itops.clock import utcnow
from itops.db import db
from itops.errors import Invalid, Refused
from itops.models import LinkPurpose, Role, User
from itops.services.users import (
    accounts,
    proposing,
    role_grants,
    three_administrators,
    tokens,
    ways_in,
)
from itops.services.users.accounts import Particulars
from itops.services.users.one_time_links import make_link
from itops.services.users.people import (
    PeopleWanted,
    Standing,
    count_people,
    list_people,
    standing_of,
)
from itops.views.answering.language import t
from itops.views.editing import Editing, Saved
from itops.views.merging import VERSION, Both, Disputed
from itops.views.showing.choices import choice_of, number_of, places_to_choose
from itops.views.showing.forms import Form
from itops.views.users import role_words
from itops.views.users.role_forms import grant_from_form

bp = Blueprint("users", __name__, url_prefix="/users")
for word in role_words.GLOBALS:
    bp.add_app_template_global(word)
MANAGES = Permission.MANAGE_USERS
FIELDS = ("login", "name", "email", "phone", "language")


@bp.get("")
@requires(MANAGES)
def index() -> ResponseReturnValue:
    wanted = PeopleWanted(
        text=request.args.get("q", "").strip()[:80],
        role=choice_of(Role, request.args.get("role", "")),
        standing=choice_of(Standing, request.args.get("state", "")),
        after=_after(),
    )
    within, at = people_in_reach(), utcnow()
    people, has_more = list_people(wanted, within, at=at)
    return render_template(
        "users/index.html",
        wanted=wanted,
        people=[(user, standing_of(user, at=at)) for user in people],
        total=count_people(within),
        three=three_administrators.standing(at=at) if three_administrators.is_on() else None,
        roles=Role,
        states=Standing,
        next_url=_next(people[-1]) if has_more else "",
    )


@bp.get("/<int:user_id>")
@requires(MANAGES)
def show(user_id: int) -> ResponseReturnValue:
    return person_page(person(user_id), Form())


@bp.get("/new")
@requires(MANAGES)
def new() -> ResponseReturnValue:
    return _new_page(Form())


@bp.post("/new")
@requires(MANAGES)
def create() -> ResponseReturnValue:
    at = utcnow()
    try:
        given, grant = _particulars(request.form), grant_from_form(request.form)
        user = accounts.create(given, grant, by=actor(), at=at)
    except (Invalid, Refused) as error:
        db.session.rollback()
        return _new_page(Form.refused(request.form, error)), 422
    if grant and ways_in.begins_anew(grant.role, by=actor()):
        db.session.commit()
        flash(t("user.link_on_machine", name=user.name, login=user.login), "ok")
        return redirect(url_for(".show", user_id=user.id))
    token = make_link(user, LinkPurpose.SET_PASSWORD, at=at)
    db.session.commit()
    return link_page(user, token)


@bp.get("/<int:user_id>/edit")
@requires(MANAGES)
def edit(user_id: int) -> ResponseReturnValue:
    return PERSON.begin(user_id)


@bp.post("/<int:user_id>/edit")
@requires(MANAGES)
def save(user_id: int) -> ResponseReturnValue:
    person_to_change(user_id)
    return PERSON.save(user_id)


def person(user_id: int) -> User:
    """Return the person if they are within reach; others do not exist."""
    found = db.session.scalar(select(User).where(User.id == user_id, people_in_reach()))
    return found or abort(404)


def person_to_change(user_id: int) -> User:
    """Return the person within reach, if they may do nothing that we may not.

    Held until the change is done: who is given more meanwhile would be changed all the same.
    """
    user = person(user_id)
    role_grants.hold(user)
    if not is_changeable(user):
        raise Refused("user.above_you", name=user.name)
    return user


def is_changeable(user: User) -> bool:
    """Whether the person of this request may change the account of `user`."""
    return may_change(user, own_roles={grant.role for grant in g.grants})


def person_page(user: User, form: Form) -> str:
    """Return the page of `user`, with the form for another role."""
    at = utcnow()
    return render_template(
        "users/show.html",
        user=user,
        standing=standing_of(user, at=at),
        sessions=accounts.live_sessions(user, at=at),
        tokens=tokens.live(user.id, at=at),
        proposals=proposing.waiting_for(user, at=at),
        is_approved=three_administrators.is_on(),
        audits_themselves=three_administrators.audits_themselves(user, at=at),
        is_changeable=is_changeable(user),
        at=at,
        form=form,
        roles=Role,
        places=places_to_choose(MANAGES),
    )


def link_page(user: User, token: str) -> str:
    """Return the page that shows a one-time link, this once."""
    link = settings().own_url + url_for("welcome.show", token=token)
    return render_template(
        "users/link.html", user=user, link=link, is_public=bool(settings().public_url)
    )


def _particulars(form: Mapping[str, str]) -> Particulars:
    typed = {name: form.get(name, "").strip() for name in FIELDS}
    return Particulars(**{**typed, "login": typed["login"].lower()})


def _new_page(form: Form) -> str:
    return render_template(
        "users/new.html", form=form, roles=Role, places=places_to_choose(MANAGES)
    )


def seen(user: User) -> str:
    """Return a mark of what can be edited as it is now; it differs when that has changed."""
    told = json.dumps(accounts.editable(user), sort_keys=True, default=str)
    return hashlib.sha256(told.encode()).hexdigest()[:16]


def _shown(user: User) -> dict[str, str]:
    return {name: getattr(user, name) for name in FIELDS} | {VERSION: seen(user)}


def _write(user: User, both: Both) -> Saved:
    accounts.edit(user, _particulars(both.typed), by=actor(), at=utcnow())
    return Saved(t("user.edited_done"), url_for(".show", user_id=user.id))


def _edit_page(user: User, form: Form, theirs: Disputed) -> str:
    return render_template(
        "users/edit.html",
        user=user,
        form=form,
        theirs=theirs,
        labels=_labels(),
    )


def _labels() -> dict[str, str]:
    listed = {name: t(f"users.{name}") for name in ("name", "login")}
    return listed | {name: t(f"user.{name}") for name in ("email", "phone", "language")}


def _after() -> tuple[str, int] | None:
    name, number = request.args.get("after_name"), number_of(request.args.get("after_id"))
    return (name, number) if name is not None and number is not None else None


def _next(last: User) -> str:
    kept: dict[str, Any] = {
        name: request.args[name] for name in ("q", "role", "state") if name in request.args
    }
    return url_for(".index", **kept, after_name=last.name, after_id=last.id)


PERSON = Editing(
    find=person, shown=_shown, write=_write, page=_edit_page, labels=lambda _: _labels()
)
