"""What checks sign in with: listed without the secrets, made, changed, withdrawn."""

import shlex
from pathlib import Path

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import func, select

from itops import checks
from itops.auth.actors import actor
from itops.auth.permissions import Permission, requires
from itops.auth.scopes import reach
from itops.clock import utcnow
from itops.db import db
from itops.errors import Conflict, ItopsError, Refused
from itops.models import Check, Credential, CredentialKind
from itops.services import written
from itops.services.assets import places as asset_places
from itops.services.checking import credential_facts, credentials, keypairs
from itops.views.answering.language import language, said, t
from itops.views.checking.seeing import credential_or_404
from itops.views.showing.forms import Form

bp = Blueprint("credentials", __name__, url_prefix="/credentials")
HERE = "checks.credentials"
SCRIPT = Path(checks.__file__).with_name("itops-check.sh")


@bp.get("")
@requires(Permission.MANAGE_CREDENTIALS)
def index() -> ResponseReturnValue:
    found = credentials.within_reach(reach(Permission.MANAGE_CREDENTIALS))
    used = dict(
        db.session.execute(
            select(Check.credential_id, func.count()).group_by(Check.credential_id)
        ).all()
    )
    return render_template(
        "checks/credentials.html", found=found, used=used, kinds=list(CredentialKind)
    )


@bp.get("/new")
@requires(Permission.MANAGE_CREDENTIALS)
def new() -> ResponseReturnValue:
    kind = request.args.get("kind", "")
    if kind not in set(CredentialKind):
        return redirect(url_for(f"{HERE}.index"))
    typed = {"kind": kind, "makes_key": "1", "auth": "sha256", "privacy": "aes"}
    if kind == CredentialKind.SSH_KEY:
        typed |= {"user_name": "itops-check", "is_forced": "1"}
    return _form(None, CredentialKind(kind), Form(typed))


@bp.post("/new")
@requires(Permission.MANAGE_CREDENTIALS)
def create() -> ResponseReturnValue:
    try:
        facts = credential_facts.parse(request.form)
        made = credentials.create(
            facts, within=reach(Permission.MANAGE_CREDENTIALS), by=actor(), at=utcnow()
        )
    except ItopsError as error:
        db.session.rollback()
        kind = request.form.get("kind", "")
        if kind not in set(CredentialKind):
            raise
        return _form(None, CredentialKind(kind), _refused(error)), 400
    db.session.commit()
    flash(t("credential.created", name=made.name))
    return redirect(url_for(f"{HERE}.show", credential_id=made.id))


@bp.get("/<int:credential_id>")
@requires(Permission.MANAGE_CREDENTIALS)
def show(credential_id: int) -> ResponseReturnValue:
    credential = credential_or_404(credential_id)
    checks = select(Check).where(Check.credential_id == credential.id).order_by(Check.name)
    is_forced = bool(credential.options.get("is_forced"))
    return render_template(
        "checks/credential.html",
        credential=credential,
        checks=db.session.scalars(checks.limit(100)).all(),
        line=keypairs.authorized_line(credential.public_text, is_forced=is_forced)
        if credential.public_text
        else "",
        is_forced=is_forced,
        account=shlex.quote(credential.user_name),
    )


@bp.get("/itops-check.sh")
@requires(Permission.MANAGE_CREDENTIALS)
def script() -> ResponseReturnValue:
    """Hand out the script that an account for checks runs, and nothing else."""
    answer = Response(SCRIPT.read_bytes(), content_type="text/x-shellscript; charset=utf-8")
    answer.headers["Content-Disposition"] = f'attachment; filename="{SCRIPT.name}"'
    return answer


@bp.get("/<int:credential_id>/edit")
@requires(Permission.MANAGE_CREDENTIALS)
def edit(credential_id: int) -> ResponseReturnValue:
    credential = credential_or_404(credential_id)
    return _form(credential, credential.kind, Form(_typed(credential)))


@bp.post("/<int:credential_id>/edit")
@requires(Permission.MANAGE_CREDENTIALS)
def update(credential_id: int) -> ResponseReturnValue:
    credential = credential_or_404(credential_id)
    try:
        facts = credential_facts.parse(request.form, was=credential)
        credentials.edit(
            credential,
            facts,
            version=written.row_id(request.form.get("version", "")) or 0,
            within=reach(Permission.MANAGE_CREDENTIALS),
            by=actor(),
            at=utcnow(),
        )
    except ItopsError as error:
        db.session.rollback()
        credential = credential_or_404(credential_id)
        form = _refused(error, version=str(credential.version))
        return _form(credential, credential.kind, form), 409 if isinstance(error, Conflict) else 400
    db.session.commit()
    flash(t("credential.saved", name=credential.name))
    return redirect(url_for(f"{HERE}.show", credential_id=credential.id))


@bp.post("/<int:credential_id>/remove")
@requires(Permission.MANAGE_CREDENTIALS)
def remove(credential_id: int) -> ResponseReturnValue:
    credential = credential_or_404(credential_id)
    try:
        credentials.remove(credential, by=actor(), at=utcnow())
    except Refused as refusal:
        db.session.rollback()
        flash(said(refusal.message), "error")
        return redirect(url_for(f"{HERE}.show", credential_id=credential_id))
    db.session.commit()
    flash(t("credential.removed", name=credential.name))
    return redirect(url_for(f"{HERE}.index"))


#: Fields that are never sent back to a browser, not even to who typed them.
SECRET_FIELDS = {"secret", "private_key", "auth_secret", "privacy_secret"}


def _refused(error: ItopsError, **more: str) -> Form:
    """Return the form as it was typed, but for what is secret in it."""
    typed = {name: text for name, text in request.form.items() if name not in SECRET_FIELDS}
    return Form.refused(typed | more, error)


def _typed(credential: Credential) -> dict[str, str]:
    options = {
        name: "1" if value is True else "" if value is False else str(value)
        for name, value in credential.options.items()
    }
    return options | {
        "kind": credential.kind.value,
        "name": credential.name,
        "user_name": credential.user_name,
        "site_id": str(credential.site_id or ""),
        "version": str(credential.version),
    }


def _form(credential: Credential | None, kind: CredentialKind, form: Form) -> str:
    within = reach(Permission.MANAGE_CREDENTIALS)
    sites = [(str(key), name) for key, name in asset_places.site_names(within, language())]
    everywhere = [("", t("credential.everywhere"))] if within.everywhere else []
    return render_template(
        "checks/credential_form.html",
        credential=credential,
        kind=kind,
        form=form,
        has_user=kind in credential_facts.WITH_USER,
        sites=[*everywhere, *sites],
        auth_methods=[(name, name.upper()) for name in credential_facts.AUTH_METHODS],
        privacy_methods=[(name, name.upper()) for name in credential_facts.PRIVACY_METHODS],
    )
