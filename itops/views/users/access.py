"""How a person gets in: roles given and taken, links for a password, accounts shut and opened."""

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from itops.auth.actors import actor
from itops.auth.permissions import Permission, requires
from itops.clock import utcnow
from itops.db import db
from itops.errors import Invalid, Refused
from itops.models import ApiToken, RoleGrant
from itops.services.users import accounts, proposing, role_grants, second_factor, tokens, ways_in
from itops.views.answering.language import said, t
from itops.views.showing.forms import Form
from itops.views.users.pages import link_page, person, person_page, person_to_change
from itops.views.users.role_forms import grant_from_form

bp = Blueprint("user_access", __name__, url_prefix="/users/<int:user_id>")
MANAGES = Permission.MANAGE_USERS


@bp.post("/roles")
@requires(MANAGES)
def give(user_id: int) -> ResponseReturnValue:
    user = person_to_change(user_id)
    try:
        grant = grant_from_form(request.form)
        if grant is None:
            raise Invalid("grant.role_wrong", field="role")  # noqa: TRY301 - shown like the rest
        by, at = actor(), utcnow()
        waits = proposing.is_needed(grant, by=by, at=at)
        act = proposing.propose if waits else role_grants.give
        act(user, grant, by=by, at=at)
    except (Invalid, Refused) as error:
        db.session.rollback()
        return person_page(person(user_id), Form.refused(request.form, error)), 422
    if ways_in.begins_anew(grant.role, by=by):
        flash(t("user.link_on_machine", name=user.name, login=user.login), "ok")
    return _done(user_id, "proposal.made" if waits else "grant.given_done")


@bp.post("/roles/<int:grant_id>/take")
@requires(MANAGES)
def take(user_id: int, grant_id: int) -> ResponseReturnValue:
    user = person_to_change(user_id)
    grant = db.session.get(RoleGrant, grant_id)
    if grant is None or grant.user_id != user.id:
        abort(404)
    try:
        role_grants.take(user, grant, by=actor(), at=utcnow())
    except Refused as refusal:
        return _refused(user_id, refusal)
    return _done(user_id, "grant.taken_done")


@bp.post("/link")
@requires(MANAGES)
def new_link(user_id: int) -> ResponseReturnValue:
    user = person_to_change(user_id)
    try:
        token = accounts.new_link(user, by=actor(), at=utcnow())
    except Refused as refusal:
        return _refused(user_id, refusal)
    db.session.commit()
    return link_page(user, token)


@bp.get("/shut")
@requires(MANAGES)
def ask_to_shut(user_id: int) -> ResponseReturnValue:
    user = person(user_id)
    sessions = accounts.live_sessions(user, at=utcnow())
    return render_template("users/shut.html", user=user, sessions=sessions)


@bp.post("/shut")
@requires(MANAGES)
def shut(user_id: int) -> ResponseReturnValue:
    user = person_to_change(user_id)
    try:
        accounts.shut(user, by=actor(), at=utcnow())
    except Refused as refusal:
        return _refused(user_id, refusal)
    return _done(user_id, "user.shut_done", name=user.name)


@bp.post("/open")
@requires(MANAGES)
def open_again(user_id: int) -> ResponseReturnValue:
    user = person_to_change(user_id)
    accounts.open_again(user, by=actor(), at=utcnow())
    return _done(user_id, "user.opened_done", name=user.name)


@bp.post("/second-factor/reset")
@requires(MANAGES)
def reset_second_factor(user_id: int) -> ResponseReturnValue:
    user = person_to_change(user_id)
    try:
        second_factor.remove(user, by=actor(), at=utcnow())
    except Refused as refusal:
        return _refused(user_id, refusal)
    return _done(user_id, "second_factor.reset_done", name=user.name)


@bp.post("/tokens/<int:token_id>/revoke")
@requires(MANAGES)
def revoke_token(user_id: int, token_id: int) -> ResponseReturnValue:
    user = person_to_change(user_id)
    token = db.session.get(ApiToken, token_id)
    if token is None or token.user_id != user.id:
        abort(404)
    tokens.revoke(token, by=actor(), at=utcnow())
    return _done(user_id, "token.revoked", name=token.name)


def _done(user_id: int, key: str, **params: str) -> ResponseReturnValue:
    db.session.commit()
    flash(t(key, **params), "ok")
    return redirect(url_for("users.show", user_id=user_id))


def _refused(user_id: int, refusal: Refused) -> ResponseReturnValue:
    db.session.rollback()
    flash(said(refusal.message), "error")
    return redirect(url_for("users.show", user_id=user_id))
