"""What checks sign in with: listed without the secrets, made, changed, withdrawn."""

import shlex
from pathlib import Path
from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import func, select

from itops import checks
from itops.auth.actors import actor
from itops.auth.permissions import Permission, requires
from itops.auth.scopes import reach
from itops.clock import utcnow
from itops.db import db
from itops.errors import ItopsError, Refused
from itops.models import Check, Credential, CredentialKind
from itops.services.assets import places as asset_places
from itops.services.checking import credential_facts, credentials, keypairs
from itops.views.answering.language import language, said, t
from itops.views.checking.seeing import credential_or_404
from itops.views.editing import Editing, Saved
from itops.views.merging import VERSION, Both, Disputed
from itops.views.showing.forms import Form

bp = Blueprint("credentials", __name__, url_prefix="/credentials")
HERE = "checks.credentials"
MANAGES = Permission.MANAGE_CREDENTIALS
#: Fields that are never sent back to a browser, not even to who typed them.
SECRETS = ("secret", "private_key", "auth_secret", "privacy_secret")
BOXES = frozenset({"makes_key", "is_forced"})
#: Who signs in, and with what.
ACCOUNT = frozenset({"user_name", "auth", "privacy", "makes_key", *SECRETS})
SCRIPT = Path(checks.__file__).with_name("itops-check.sh")


@bp.get("")
@requires(MANAGES)
def index() -> ResponseReturnValue:
    found = credentials.within_reach(reach(MANAGES))
    used = dict(
        db.session.execute(
            select(Check.credential_id, func.count()).group_by(Check.credential_id)
        ).all()
    )
    return render_template(
        "checks/credentials.html", found=found, used=used, kinds=list(CredentialKind)
    )


@bp.get("/new")
@requires(MANAGES)
def new() -> ResponseReturnValue:
    kind = request.args.get("kind", "")
    if kind not in set(CredentialKind):
        return redirect(url_for(f"{HERE}.index"))
    typed = {"kind": kind, "makes_key": "1", "auth": "sha256", "privacy": "aes"}
    if kind == CredentialKind.SSH_KEY:
        typed |= {"user_name": "itops-check", "is_forced": "1"}
    return _form(None, CredentialKind(kind), Form(typed))


@bp.post("/new")
@requires(MANAGES)
def create() -> ResponseReturnValue:
    try:
        facts = credential_facts.parse(request.form)
        made = credentials.create(facts, within=reach(MANAGES), by=actor(), at=utcnow())
    except ItopsError as error:
        db.session.rollback()
        kind = request.form.get("kind", "")
        if kind not in set(CredentialKind):
            raise
        typed = {name: text for name, text in request.form.items() if name not in SECRETS}
        return _form(None, CredentialKind(kind), Form.refused(typed, error)), 400
    db.session.commit()
    flash(t("credential.created", name=made.name))
    return redirect(url_for(f"{HERE}.show", credential_id=made.id))


@bp.get("/<int:credential_id>")
@requires(MANAGES)
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
@requires(MANAGES)
def script() -> ResponseReturnValue:
    """Hand out the script that an account for checks runs, and nothing else."""
    answer = Response(SCRIPT.read_bytes(), content_type="text/x-shellscript; charset=utf-8")
    answer.headers["Content-Disposition"] = f'attachment; filename="{SCRIPT.name}"'
    return answer


@bp.get("/<int:credential_id>/edit")
@requires(MANAGES)
def edit(credential_id: int) -> ResponseReturnValue:
    return CREDENTIAL.begin(credential_id)


@bp.post("/<int:credential_id>/edit")
@requires(MANAGES)
def update(credential_id: int) -> ResponseReturnValue:
    return CREDENTIAL.save(credential_id)


@bp.post("/<int:credential_id>/remove")
@requires(MANAGES)
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


def _typed(credential: Credential) -> dict[str, str]:
    options = {
        name: "1" if value is True else "" if value is False else str(value)
        for name, value in credential.options.items()
    }
    return options | {
        "makes_key": "",
        "name": credential.name,
        "user_name": credential.user_name,
        "site_id": str(credential.site_id or ""),
        VERSION: str(credential.version),
    }


def _write(credential: Credential, both: Both) -> Saved:
    given: dict[str, Any] = {"within": reach(MANAGES), "by": actor(), "at": utcnow()}
    facts = credential_facts.parse(both.typed, was=credential)
    credentials.edit(credential, facts, version=both.version, **given)
    to = url_for(f"{HERE}.show", credential_id=credential.id)
    return Saved(t("credential.saved", name=credential.name), to)


def _form(
    credential: Credential | None, kind: CredentialKind, form: Form, theirs: Disputed = ()
) -> str:
    within = reach(MANAGES)
    sites = [(str(key), name) for key, name in asset_places.site_names(within, language())]
    everywhere = [("", t("credential.everywhere"))] if within.everywhere else []
    return render_template(
        "checks/credential_form.html",
        credential=credential,
        kind=kind,
        form=form,
        has_user=kind in credential_facts.WITH_USER,
        theirs=theirs,
        labels=_labels(),
        options={
            "site_id": [*everywhere, *sites],
            "auth": [(name, name.upper()) for name in credential_facts.AUTH_METHODS],
            "privacy": [(name, name.upper()) for name in credential_facts.PRIVACY_METHODS],
        },
    )


def _labels() -> dict[str, str]:
    names = ("name", "user_name", "site_id", "auth", "privacy", *SECRETS)
    boxes = {"is_forced": t("credential.forced"), "makes_key": t("credential.makes_new")}
    return boxes | {name: t(f"credential.field.{name}") for name in names}


CREDENTIAL = Editing(
    find=credential_or_404,
    shown=_typed,
    write=_write,
    page=lambda one, form, theirs: _form(one, one.kind, form, theirs),
    labels=lambda _: _labels(),
    matters=(ACCOUNT,),
    boxes=BOXES,
    secrets=frozenset(SECRETS),
)
