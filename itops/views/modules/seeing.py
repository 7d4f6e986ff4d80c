"""What a reader may see of modules, machines and departments, and where their pages are."""

from typing import Any

from flask import url_for

from itops.auth.permissions import Permission, may
from itops.auth.scopes import reach
from itops.services.modules.graph import Node, NodeKind

#: Who may read the name of a thing of each kind.
PERMISSIONS = {
    NodeKind.MODULE: Permission.VIEW_MODULES,
    NodeKind.ASSET: Permission.VIEW_ASSETS,
    NodeKind.DEPARTMENT: Permission.VIEW_MODULES,
}


def sees(kind: NodeKind, thing: Any) -> bool:
    """Whether the person of this request may see a thing of a kind."""
    department = thing.id if kind is NodeKind.DEPARTMENT else thing.department_id
    within = reach(PERMISSIONS[kind])
    by_name = {} if kind is NodeKind.DEPARTMENT else {f"{kind}_id": thing.id}
    return within.covers(site_id=thing.site_id, department_id=department, **by_name)


def url_of(node: Node) -> str:
    """Return the address of a node's page; empty where there is none for this reader."""
    if node.kind is NodeKind.MODULE:
        return url_for("modules.show", module_id=node.id)
    if node.kind is NodeKind.ASSET and may(Permission.VIEW_ASSETS):
        return url_for("assets.show", asset_id=node.id)
    return ""


def node_of(text: str) -> Node | None:
    """Return the node that "module:3" names."""
    kind, _, number = text.partition(":")
    if kind not in set(NodeKind) or not (number.isascii() and number.isdigit()):
        return None
    return Node(NodeKind(kind), int(number)) if len(number) < 10 else None
