"""Roles that wait: proposed by the system administrator, decided by the security administrator."""

from flask import Blueprint, abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from itops.auth.actors import actor
from itops.auth.permissions import Permission, requires
from itops.auth.scopes import only_everywhere
from itops.clock import utcnow
from itops.db import db
from itops.errors import Invalid, Refused
from itops.models import GrantProposal
from itops.services.users import proposing, three_administrators, ways_in
from itops.views.answering.language import said, t

bp = Blueprint("proposals", __name__, url_prefix="/role-proposals")
bp.before_request(only_everywhere)
APPROVES = Permission.APPROVE_ROLES


@bp.get("")
@requires(APPROVES)
def index() -> ResponseReturnValue:
    at = utcnow()
    return render_template(
        "users/proposals.html",
        waiting=proposing.all_waiting(at=at),
        settled=proposing.settled(at=at),
        is_on=three_administrators.is_on(),
        me=actor().id,
        days=proposing.LAPSES.days,
    )


@bp.post("/<int:proposal_id>/approve")
@requires(APPROVES)
def approve(proposal_id: int) -> ResponseReturnValue:
    by, proposal = actor(), _proposal(proposal_id)
    try:
        proposing.approve(proposal, by=by, at=utcnow())
    except (Invalid, Refused) as error:
        return _refused(error)
    if ways_in.begins_anew(proposal.role, by=by):
        who = proposal.user
        flash(t("user.link_on_machine", name=who.name, login=who.login), "ok")
    return _done("proposal.approved_done")


@bp.post("/<int:proposal_id>/refuse")
@requires(APPROVES)
def refuse(proposal_id: int) -> ResponseReturnValue:
    try:
        proposing.refuse(_proposal(proposal_id), by=actor(), at=utcnow())
    except Refused as refusal:
        return _refused(refusal)
    return _done("proposal.refused_done")


def _proposal(proposal_id: int) -> GrantProposal:
    return db.session.get(GrantProposal, proposal_id) or abort(404)


def _done(key: str) -> ResponseReturnValue:
    db.session.commit()
    flash(t(key), "ok")
    return redirect(url_for(".index"))


def _refused(error: Invalid | Refused) -> ResponseReturnValue:
    db.session.rollback()
    flash(said(error.message), "error")
    return redirect(url_for(".index"))
