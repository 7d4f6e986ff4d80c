"""What falls with a thing, and what it stands on: for words on pages and for keeping quiet."""

from itops.services.modules.graph import Node, NodeKind, read_graph

__all__ = ["Node", "NodeKind", "dependants", "supports"]


def dependants(node: Node) -> list[Node]:
    """Return what falls with `node`, departments among it, the nearest first. One query."""
    return read_graph().dependants(node)


def supports(node: Node) -> list[Node]:
    """Return what `node` stands on, the nearest first. One query."""
    return read_graph().supports(node)
