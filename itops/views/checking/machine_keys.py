"""The keys of machines: those that wait for a person, and what was decided."""

from collections.abc import Callable

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from itops.auth.actors import actor
from itops.auth.permissions import Permission, requires
from itops.auth.scopes import in_scope_or_404, reach
from itops.clock import utcnow
from itops.db import db
from itops.errors import Refused
from itops.models import HostKey, HostKeyState
from itops.services.checking import host_keys
from itops.views.answering.language import said, t
from itops.views.showing.choices import choice_of

bp = Blueprint("machine_keys", __name__, url_prefix="/host-keys")
HERE = "checks.machine_keys"


@bp.get("")
@requires(Permission.MANAGE_CREDENTIALS)
def index() -> ResponseReturnValue:
    state = choice_of(HostKeyState, request.args.get("state", "")) or HostKeyState.PENDING
    keys = host_keys.listed(reach(Permission.MANAGE_CREDENTIALS), state)
    return render_template(
        "checks/host_keys.html", keys=keys, state=state, states=list(HostKeyState)
    )


@bp.get("/<int:key_id>")
@requires(Permission.MANAGE_CREDENTIALS)
def show(key_id: int) -> ResponseReturnValue:
    key = in_scope_or_404(HostKey, key_id, Permission.MANAGE_CREDENTIALS)
    approved = host_keys.approved_for(key)
    return render_template(
        "checks/host_key.html",
        key=key,
        approved=approved if approved is not key else None,
        checks=host_keys.checks_of(key),
        file_name=file_name(key.algorithm),
    )


def file_name(algorithm: str) -> str:
    """Return the file in /etc/ssh in which a machine keeps its key of this kind."""
    name = algorithm.removeprefix("ssh-").partition("-")[0]
    return f"/etc/ssh/ssh_host_{name}_key.pub"


@bp.post("/<int:key_id>/approve")
@requires(Permission.MANAGE_CREDENTIALS)
def approve(key_id: int) -> ResponseReturnValue:
    return _decided(key_id, host_keys.approve, "host_keys.was_approved")


@bp.post("/<int:key_id>/reject")
@requires(Permission.MANAGE_CREDENTIALS)
def reject(key_id: int) -> ResponseReturnValue:
    return _decided(key_id, host_keys.reject, "host_keys.was_rejected")


def _decided(key_id: int, decide: Callable[..., None], told: str) -> ResponseReturnValue:
    key = in_scope_or_404(HostKey, key_id, Permission.MANAGE_CREDENTIALS)
    try:
        decide(key, by=actor(), at=utcnow())
    except Refused as refusal:
        db.session.rollback()
        flash(said(refusal.message), "error")
        return redirect(url_for(f"{HERE}.show", key_id=key_id))
    db.session.commit()
    flash(t(told, address=key.address))
    return redirect(url_for(f"{HERE}.index"))
