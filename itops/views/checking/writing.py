"""Making a check and changing it: the kind first, then a form after the kind's own grammar."""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from itops.auth.actors import actor
from itops.auth.permissions import Permission, requires
from itops.auth.scopes import reach, scoped
from itops.checks.catalogue import CHECKS
from itops.clock import utcnow
from itops.db import db
from itops.errors import Invalid, ItopsError
from itops.models import Asset, Check
from itops.services.checking import facts, register, suggesting
from itops.views.answering.language import named, t
from itops.views.checking.form_fields import Fields, fields_of
from itops.views.checking.seeing import found, kind_name
from itops.views.editing import Editing, Saved
from itops.views.hosts.fleet_filters import number_in
from itops.views.merging import VERSION, Both, Disputed
from itops.views.showing.forms import Form

bp = Blueprint("writing", __name__)
#: Whom a check asks, and with which secret.
WHERE_AND_HOW = frozenset({"asset", "address", "port", "credential_id"})


@bp.get("/new")
@requires(Permission.MANAGE_CHECKS)
def new() -> ResponseReturnValue:
    asset = _asset_of_address()
    kind = CHECKS.get(request.args.get("kind", ""))
    if kind is None:
        return render_template(
            "checks/kinds.html",
            asset=asset,
            module_id=number_in(request.args, "module"),
            by_transport=_by_transport(),
            suggestions=suggesting.for_asset(asset) if asset else (),
            kind_name=kind_name,
            param=facts.PARAM,
        )
    typed = facts.defaults(kind)
    typed |= {name: text for name, text in request.args.items() if name in typed or name == "name"}
    typed |= {"asset": asset.tag if asset else "", "module_id": request.args.get("module", "")}
    return _page(None, Form(typed), fields_of(kind))


@bp.post("/new")
@requires(Permission.MANAGE_CHECKS)
def create() -> ResponseReturnValue:
    try:
        stated = facts.parse(_typed(request.form))
        check = register.create(
            stated, within=reach(Permission.MANAGE_CHECKS), by=actor(), at=utcnow()
        )
    except ItopsError as error:
        db.session.rollback()
        kind = CHECKS.get(request.form.get("kind", ""))
        if kind is None:
            raise
        return _page(None, Form.refused(request.form, error), fields_of(kind)), 400
    db.session.commit()
    flash(t("checks.saved" if check.is_demo else "checks.created", name=named(check)))
    return redirect(url_for("checks.show", check_id=check.id))


@bp.get("/<int:check_id>/edit")
@requires(Permission.MANAGE_CHECKS)
def edit(check_id: int) -> ResponseReturnValue:
    return _if_gone(check_id) or CHECK.begin(check_id)


@bp.post("/<int:check_id>/edit")
@requires(Permission.MANAGE_CHECKS)
def update(check_id: int) -> ResponseReturnValue:
    return _if_gone(check_id) or CHECK.save(check_id)


def _check(check_id: int) -> Check:
    return found(check_id, Permission.MANAGE_CHECKS)


def _if_gone(check_id: int) -> ResponseReturnValue | None:
    """Answer for a check whose kind this version of itops does not know any more."""
    check = _check(check_id)
    if check.kind in CHECKS:
        return None
    flash(t("checks.kind_gone", kind=check.kind), "error")
    return redirect(url_for("checks.show", check_id=check.id))


def _typed(form: Mapping[str, str]) -> dict[str, str]:
    """Return the form's texts, with the asset's id for the tag that was typed."""
    typed = {**form, "asset_id": ""} if "asset" in form else dict(form)
    tag = typed.get("asset", "").strip()
    if tag:
        statement = scoped(select(Asset), Asset, Permission.MANAGE_CHECKS)
        asset = db.session.scalar(statement.where(Asset.tag == tag))
        if asset is None:
            raise Invalid("checks.no_such_asset", field="asset", tag=tag)
        typed["asset_id"] = str(asset.id)
    return typed


def _typed_of(check: Check) -> dict[str, str]:
    typed = facts.typed_of(facts.facts_of(check))
    return typed | {"asset": check.asset.tag if check.asset else "", VERSION: str(check.version)}


def _write(check: Check, both: Both) -> Saved:
    given: dict[str, Any] = {"within": reach(Permission.MANAGE_CHECKS), "by": actor()}
    stated = facts.parse({**_typed(both.typed), "kind": check.kind})
    register.edit(check, stated, version=both.version, at=utcnow(), **given)
    return Saved(t("checks.saved", name=named(check)), url_for("checks.show", check_id=check.id))


def _form(check: Check, form: Form, theirs: Disputed) -> str:
    return _page(check, form, _fields(check), theirs)


def _fields(check: Check) -> Fields:
    return fields_of(CHECKS[check.kind])


def _page(check: Check | None, form: Form, fields: Fields, theirs: Disputed = ()) -> str:
    return render_template("checks/form.html", check=check, form=form, fields=fields, theirs=theirs)


def _asset_of_address() -> Asset | None:
    """Return the asset that the address names, if it is within reach."""
    number = number_in(request.args, "asset")
    if not number:
        return None
    statement = scoped(select(Asset), Asset, Permission.MANAGE_CHECKS)
    return db.session.scalar(statement.where(Asset.id == number))


def _by_transport() -> Mapping[str, list[Any]]:
    groups: dict[str, list[Any]] = {}
    for kind in CHECKS.values():
        groups.setdefault(kind.transport.value, []).append(kind)
    return groups


CHECK = Editing(
    find=_check,
    shown=_typed_of,
    write=_write,
    page=_form,
    labels=lambda check: _fields(check).labels,
    matters=(WHERE_AND_HOW,),
)
