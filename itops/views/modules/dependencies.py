"""What a module or machine stands on, said and taken back; what falls with it, in words."""

from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from itops.auth.actors import actor
from itops.auth.permissions import Permission, requires
from itops.auth.scopes import in_scope_or_404, reach, scoped
from itops.clock import utcnow
from itops.db import db
from itops.errors import Invalid, ItopsError
from itops.models import Asset, Department, Dependency, DependencyKind, SystemModule
from itops.services import written
from itops.services.modules import dependencies as practice
from itops.services.modules.dependencies import Link
from itops.services.modules.graph import Node, NodeKind, lower_of, upper_of
from itops.services.modules.neighbours import neighbours
from itops.views.answering.language import named, t
from itops.views.modules.seeing import sees, url_of
from itops.views.showing.choices import choice_of, number_of
from itops.views.showing.forms import Form

bp = Blueprint("dependencies", __name__)
EDITS = Permission.EDIT_MODULES
#: What stands in an address for each kind of thing.
KINDS: dict[str, Any] = {"module": SystemModule, "asset": Asset}
ADDRESS = "/stands/<any(module,asset):kind>/<int:thing_id>"


@bp.get(ADDRESS)
@requires(EDITS)
def show(kind: str, thing_id: int) -> ResponseReturnValue:
    return _page(_node(kind, thing_id), Form())


@bp.post(ADDRESS)
@requires(EDITS)
def connect(kind: str, thing_id: int) -> ResponseReturnValue:
    node = _node(kind, thing_id)
    try:
        practice.connect(_link(node), within=reach(EDITS), by=actor(), at=utcnow())
    except ItopsError as error:
        db.session.rollback()
        return _page(_node(kind, thing_id), Form.refused(request.form, error)), 400
    db.session.commit()
    flash(t("dependency.saved"))
    return redirect(url_for(".show", kind=kind, thing_id=thing_id))


@bp.post(f"{ADDRESS}/cut")
@requires(EDITS)
def cut(kind: str, thing_id: int) -> ResponseReturnValue:
    node = _node(kind, thing_id)
    made = db.session.get(Dependency, number_of(request.form.get("dependency")) or 0)
    if made is None or node not in (upper_of(made), lower_of(made)):
        abort(404)
    try:
        practice.disconnect(made, within=reach(EDITS), by=actor(), at=utcnow())
    except Invalid:
        db.session.rollback()
        abort(404)
    db.session.commit()
    flash(t("dependency.cut_done"))
    return redirect(url_for(".show", kind=kind, thing_id=thing_id))


def _node(kind: str, thing_id: int) -> Node:
    return Node(NodeKind(kind), in_scope_or_404(KINDS[kind], thing_id, EDITS).id)


def _link(node: Node) -> Link:
    """Return what the form says: this thing stands on another, or serves a department."""
    kind = choice_of(DependencyKind, request.form.get("kind", ""))
    if kind is None:
        raise Invalid("written.choice", field="kind")
    note = written.text(practice.NOTE)(request.form.get("note", ""))
    if kind is DependencyKind.SERVES:
        department = number_of(request.form.get("department"))
        if department is None:
            raise Invalid("written.required", field="department")
        return Link(kind, Node(NodeKind.DEPARTMENT, department), node, note)
    if kind is DependencyKind.NEEDS and node.kind is NodeKind.MODULE:
        module = number_of(request.form.get("module"))
        if module is None:
            raise Invalid("written.required", field="module")
        return Link(kind, node, Node(NodeKind.MODULE, module), note)
    return Link(kind, node, _asset_typed(), note)


def _asset_typed() -> Node:
    """Return the asset whose tag was typed. Raise Invalid if there is none within reach."""
    tag = written.plain(request.form.get("tag", ""))
    if not tag:
        raise Invalid("written.required", field="tag")
    wanted = scoped(select(Asset.id).where(Asset.tag == tag), Asset, EDITS)
    found = db.session.scalar(wanted)
    if found is None:
        raise Invalid("dependency.tag_unknown", field="tag", tag=tag)
    return Node(NodeKind.ASSET, found)


def _page(node: Node, form: Form) -> str:
    thing = practice.thing_of(node)
    if thing is None:
        abort(404)
    return render_template(
        "modules/stands.html",
        node=node,
        thing=thing,
        form=form,
        around=neighbours(node, sees),
        url_of=url_of,
        back_url=url_of(node),
        options=_options(node, thing),
    )


def _options(node: Node, thing: Any) -> dict[str, list[tuple[Any, str]]]:
    """Return the choices: senses in which this thing may stand on others, and those others."""
    senses = [
        (kind, t(f"dependency.kind.{kind}"))
        for kind, pairs in practice.ALLOWED.items()
        if any(upper is node.kind for upper, _ in pairs)
        or (kind is DependencyKind.SERVES and node.kind is NodeKind.MODULE)
    ]
    modules = scoped(select(SystemModule), SystemModule, EDITS).where(
        SystemModule.is_demo == thing.is_demo, SystemModule.is_in_use
    )
    wards = select(Department).where(Department.site_id == thing.site_id)
    wards = wards.order_by(Department.name)
    nothing = [("", t("module.choose"))]
    return {
        "kind": senses,
        "module": nothing
        + [
            (one.id, f"{one.code} {named(one)}")
            for one in db.session.scalars(modules.order_by(SystemModule.code))
            if one.id != thing.id or node.kind is NodeKind.ASSET
        ],
        "department": nothing + [(one.id, named(one)) for one in db.session.scalars(wards)],
    }
