"""Leave: what one may do is handed to a colleague for a time; by oneself, or by who manages."""

from collections.abc import Callable, Sequence
from datetime import datetime

from flask import Blueprint, abort, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from itops.auth.actors import actor
from itops.auth.granting import may_give, people_in_reach
from itops.auth.permissions import Permission, requires
from itops.auth.scopes import own_reach, reach
from itops.clock import utcnow
from itops.db import db
from itops.errors import Invalid, Refused
from itops.models import Department, Role, RoleGrant, Site, User
from itops.services.users import handing_over, three_administrators
from itops.services.users.handing_over import Leave
from itops.views.answering.language import t
from itops.views.showing.choices import day_of, end_of, number_of, start_of
from itops.views.showing.forms import Form
from itops.views.users.own_password import person_by_password
from itops.views.users.pages import person, person_to_change

bp = Blueprint("leave", __name__)
MANAGES = Permission.MANAGE_USERS


@bp.get("/account/leave")
@requires(Permission.BE_HERE)
def show() -> ResponseReturnValue:
    return _own_page(Form())


@bp.post("/account/leave")
@requires(Permission.BE_HERE)
def hand_over() -> ResponseReturnValue:
    """Hand one's roles over: with the password, for whoever finds a browser open."""
    at = utcnow()
    try:
        if not current_user.is_demo:
            person_by_password(at=at)
        me = _me()
        leave = _typed(me, _own_colleagues(me, at), _own_grants(me, at))
        handing_over.hand_over(leave, by=actor(), at=at)
    except (Invalid, Refused) as error:
        db.session.rollback()
        return _own_page(Form.refused(_kept(), error)), 422
    db.session.commit()
    flash(t("leave.done"), "ok")
    return redirect(url_for(".show"))


@bp.post("/account/leave/<int:grant_id>/end")
@requires(Permission.BE_HERE)
def end(grant_id: int) -> ResponseReturnValue:
    """Take back what one handed over, or give back what one was handed."""
    grant = db.session.get(RoleGrant, grant_id)
    if grant is None or grant.giver is None or current_user.id not in {grant.user_id, _from(grant)}:
        abort(404)
    handing_over.end(grant, by=actor(), at=utcnow())
    db.session.commit()
    flash(t("leave.ended_done"), "ok")
    return redirect(url_for(".show"))


@bp.get("/users/<int:user_id>/leave")
@requires(MANAGES)
def show_of(user_id: int) -> ResponseReturnValue:
    return _page_of(person(user_id), Form())


@bp.post("/users/<int:user_id>/leave")
@requires(MANAGES)
def hand_over_for(user_id: int) -> ResponseReturnValue:
    """Hand over for somebody who can't: fallen ill, gone without a word."""
    giver, at = person_to_change(user_id), utcnow()
    try:
        if three_administrators.is_on():
            raise Refused("leave.only_oneself")  # noqa: TRY301 - shown like the rest
        leave = _typed(giver, _managed_colleagues(giver, at), _grants_to_give(giver, at))
        if leave.to:
            person_to_change(leave.to.id)
        handing_over.hand_over(leave, by=actor(), at=at)
    except (Invalid, Refused) as error:
        db.session.rollback()
        return _page_of(person(user_id), Form.refused(_kept(), error)), 422
    db.session.commit()
    flash(t("leave.done"), "ok")
    return redirect(url_for(".show_of", user_id=user_id))


@bp.app_template_global()
def standing_in() -> list[tuple[str, datetime, list[Role]]]:
    """Return for whom the person of this request stands in now, until when at the latest, as what.

    It asks the database for nobody but who stands in.
    """
    handed = [grant for grant in g.get("grants", ()) if grant.delegated_from_id is not None]
    givers = dict.fromkeys(grant.giver.name for grant in handed)
    return [(name, *_told([one for one in handed if one.giver.name == name])) for name in givers]


def _told(grants: Sequence[RoleGrant]) -> tuple[datetime, list[Role]]:
    ends = max(grant.ends_at for grant in grants if grant.ends_at)
    return ends, list(dict.fromkeys(grant.role for grant in grants))


def _typed(giver: User, people: Sequence[User], grants: Sequence[RoleGrant]) -> Leave:
    """Return what the form says; whom and what it names must be among what was offered."""
    to, chosen = number_of(request.form.get("to")), set(request.form.getlist("grant"))
    return Leave(
        giver,
        next((one for one in people if one.id == to), None),
        [grant for grant in grants if str(grant.id) in chosen],
        _day("starts_on", start_of),
        _day("ends_on", end_of),
    )


def _day(name: str, moment: Callable[..., datetime]) -> datetime:
    day = day_of(request.form.get(name, ""))
    if day is None:
        raise Invalid("grant.ends_on_wrong", field=name)
    return moment(day)


def _kept() -> dict[str, object]:
    """Return what was typed, for the form that is shown again; never the password."""
    kept = {name: request.form.get(name, "") for name in ("to", "starts_on", "ends_on")}
    return {**kept, "grant": request.form.getlist("grant")}


def _me() -> User:
    return db.session.get_one(User, current_user.id)


def _own_grants(me: User, at: datetime) -> list[RoleGrant]:
    return [grant for grant in me.grants if handing_over.may_be_handed(grant, at=at)]


def _own_colleagues(me: User, at: datetime) -> list[User]:
    return handing_over.colleagues(me, own_reach(Permission.BE_HERE), at=at)


def _grants_to_give(giver: User, at: datetime) -> list[RoleGrant]:
    """Return what may be handed over and is the administrator's to give."""
    own, reached = {grant.role for grant in g.grants}, reach(MANAGES)
    if three_administrators.is_on():  # it would be a role that nobody approved
        return []
    return [
        grant
        for grant in giver.grants
        if handing_over.may_be_handed(grant, at=at)
        and reached.covers(site_id=grant.site_id)
        and may_give(
            grant.role,
            site=db.session.get(Site, grant.site_id) if grant.site_id else None,
            department=db.session.get(Department, grant.department_id)
            if grant.department_id
            else None,
            own_roles=own,
        )
    ]


def _managed_colleagues(giver: User, at: datetime) -> list[User]:
    return [
        one
        for one in handing_over.colleagues(giver, reach(MANAGES), people_in_reach(), at=at)
        if one.id != current_user.id
    ]


def _from(grant: RoleGrant) -> int | None:
    return grant.giver.id if grant.giver else None


def _own_page(form: Form) -> str:
    me, at = _me(), utcnow()
    return render_template(
        "account/leave.html",
        form=form,
        at=at,
        people=_own_colleagues(me, at),
        grants=_own_grants(me, at),
        handed_by=handing_over.handed_by(me),
        handed_to=handing_over.handed_to(me),
    )


def _page_of(user: User, form: Form) -> str:
    at = utcnow()
    return render_template(
        "users/leave.html",
        user=user,
        form=form,
        at=at,
        people=_managed_colleagues(user, at),
        grants=_grants_to_give(user, at),
        handed_by=handing_over.handed_by(user),
        handed_to=handing_over.handed_to(user),
    )
