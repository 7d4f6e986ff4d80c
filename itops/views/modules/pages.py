"""Modules: the list, worst first, and the page of one."""

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from itops.auth.permissions import Permission, may, requires
from itops.auth.scopes import in_scope_or_404, reach
from itops.checks.base import BOARD_ORDER, State
from itops.clock import utcnow
from itops.db import db
from itops.models import BackupJob, ModuleState, ModuleStateChange, SystemModule
from itops.services.backups import listing as backup_listing
from itops.services.modules import listing, standing
from itops.services.modules.graph import Node, NodeKind
from itops.services.modules.neighbours import neighbours, things_of
from itops.views.checking import beside
from itops.views.modules.seeing import node_of, sees, url_of
from itops.views.showing.choices import choice_of, typed_in

bp = Blueprint("modules", __name__, url_prefix="/modules")

#: So many changes of state stand on the page.
TIMELINE = 30


@bp.get("")
@requires(Permission.VIEW_MODULES)
def index() -> ResponseReturnValue:
    state = choice_of(State, request.args.get("state", ""))
    is_in_use, typed = request.args.get("use") != "former", typed_in(request.args)
    is_news = "news" in request.args
    within = reach(Permission.VIEW_MODULES)
    found = listing.lines(
        within.condition(SystemModule),
        state=state,
        is_in_use=is_in_use,
        at=utcnow(),
        is_news=is_news,
        typed=typed,
    )
    return render_template(
        "modules/index.html",
        lines=found,
        state=state,
        is_in_use=is_in_use,
        is_news=is_news,
        q=typed,
        states=BOARD_ORDER,
        is_limited=not within.everywhere,
        may_edit=may(Permission.EDIT_MODULES),
    )


@bp.get("/<int:module_id>")
@requires(Permission.VIEW_MODULES)
def show(module_id: int) -> ResponseReturnValue:
    module, at = in_scope_or_404(SystemModule, module_id, Permission.VIEW_MODULES), utcnow()
    kept = db.session.get(ModuleState, module.id)
    reasons = list(kept.reasons) if kept else []
    around = neighbours(Node(NodeKind.MODULE, module.id), sees)
    changes = select(ModuleStateChange).where(ModuleStateChange.module_id == module.id)
    changes = changes.order_by(ModuleStateChange.at.desc(), ModuleStateChange.id.desc())
    return render_template(
        "modules/show.html",
        module=module,
        shown=standing.module_states([module.id], at=at)[module.id],
        reasons=reasons,
        through=_things_behind(reasons),
        around=around,
        url_of=url_of,
        backups=_backups(module),
        may_back_up=may(Permission.MANAGE_BACKUPS),
        changes=list(db.session.scalars(changes.limit(TIMELINE))),
        checks=beside.checks_of(module, at=at),
        may_edit=reach(Permission.EDIT_MODULES).covers(
            site_id=module.site_id, department_id=module.department_id
        ),
        stands_url=url_for("modules.dependencies.show", kind="module", thing_id=module.id),
    )


def _backups(module: SystemModule) -> list[backup_listing.Line]:
    """Return the module's backups, for who may see backups there."""
    if not may(Permission.VIEW_BACKUPS):
        return []
    within = reach(Permission.VIEW_BACKUPS).condition(BackupJob)
    return backup_listing.lines(within, module_id=module.id)


def _things_behind(reasons: list[dict[str, str]]) -> dict[str, object]:
    """Return the rows that reasons come through and the reader may see, by the node's name."""
    nodes = [node_of(one["through"]) for one in reasons if one["through"]]
    found = things_of(node for node in nodes if node)
    return {str(node): row for node, row in found.items() if sees(node.kind, row)}
