"""Registering a module, from a template or from nothing, changing it, taking it out of use."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from itops.auth.actors import actor
from itops.auth.permissions import Permission, requires
from itops.auth.scopes import in_scope_or_404, reach
from itops.clock import utcnow
from itops.db import db
from itops.errors import Invalid
from itops.models import Criticality, Site, SystemModule
from itops.services.assets import places as asset_places
from itops.services.modules import register, templates
from itops.services.modules.facts import READERS, ServiceDays, parse, typed_of
from itops.views.answering.language import language, named, t
from itops.views.editing import Editing, Saved
from itops.views.merging import VERSION, Both, Disputed
from itops.views.showing.choices import site_of
from itops.views.showing.forms import Form

bp = Blueprint("writing", __name__)
EDITS = Permission.EDIT_MODULES
FIELDS = (*READERS, "service_days", "from", "to")


@bp.get("/new")
@requires(EDITS)
def new() -> ResponseReturnValue:
    typed = {name: request.args.get(name, "") for name in FIELDS}
    chosen = templates.template(request.args.get("template", ""))
    if chosen:
        typed |= {name: str(value) for name, value in vars(chosen).items()}
    return _form(None, Form(typed))


@bp.post("/new")
@requires(EDITS)
def create() -> ResponseReturnValue:
    try:
        module = register.create(parse(request.form), within=reach(EDITS), by=actor(), at=utcnow())
    except Invalid as error:
        db.session.rollback()
        return _form(None, Form.refused(request.form, error)), 400
    db.session.commit()
    flash(t("module.created", name=named(module)))
    return redirect(url_for("modules.dependencies.show", kind="module", thing_id=module.id))


@bp.get("/<int:module_id>/edit")
@requires(EDITS)
def edit(module_id: int) -> ResponseReturnValue:
    return MODULE.begin(module_id)


@bp.post("/<int:module_id>/edit")
@requires(EDITS)
def update(module_id: int) -> ResponseReturnValue:
    return MODULE.save(module_id)


@bp.post("/<int:module_id>/use")
@requires(EDITS)
def use(module_id: int) -> ResponseReturnValue:
    module = _module(module_id)
    is_in_use = request.form.get("to") == "in_use"
    register.set_in_use(module, is_in_use=is_in_use, by=actor(), at=utcnow())
    db.session.commit()
    flash(t("module.saved", name=named(module)))
    return redirect(url_for("modules.show", module_id=module_id))


def _module(module_id: int) -> SystemModule:
    return in_scope_or_404(SystemModule, module_id, EDITS)


def _typed(module: SystemModule) -> dict[str, str]:
    return typed_of(module) | {VERSION: str(module.version)}


def _write(module: SystemModule, both: Both) -> Saved:
    given: dict[str, Any] = {"within": reach(EDITS), "by": actor(), "at": utcnow()}
    register.edit(module, parse(both.typed), version=both.version, **given)
    to = url_for("modules.show", module_id=module.id)
    return Saved(t("module.saved", name=named(module)), to)


def _form(module: SystemModule | None, form: Form, theirs: Disputed = ()) -> str:
    sites = asset_places.sites(reach(EDITS))
    site = site_of(sites, form.values.get("site_id"))
    return render_template(
        "modules/form.html",
        module=module,
        form=form,
        site=site,
        theirs=theirs,
        templates=templates.TEMPLATES,
        options=_options(site, sites),
        labels=_labels(),
    )


def _labels() -> dict[str, str]:
    return {name: t(f"module.field.{name}") for name in FIELDS}


def _options(site: Site | None, sites: list[Site]) -> dict[str, list[tuple[Any, str]]]:
    """Return the choices of the form's selects: a site's own departments and people."""
    nobody = [("", t("module.choose"))]
    departments = asset_places.department_names(reach(EDITS), site.id, language()) if site else []
    owners = register.possible_owners(site, None, at=utcnow()) if site else []
    return {
        "site_id": [*nobody, *((one.id, named(one)) for one in sites)],
        "department_id": [*nobody, *departments],
        "owner_id": [*nobody, *((one.id, one.name) for one in owners)],
        "criticality": [(one, t(f"criticality.{one}")) for one in Criticality],
        "service_days": [(one, t(f"module.days.{one}")) for one in ServiceDays],
    }


MODULE = Editing(find=_module, shown=_typed, write=_write, page=_form, labels=lambda _: _labels())
