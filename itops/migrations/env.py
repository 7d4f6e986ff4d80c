"""Alembic's entry: runs the revisions on the connection that `upgrading` hands over."""

from typing import Any, Literal

from alembic import context

from itops import models
from itops.db import Base, UtcDateTime
from itops.services.search.index import belongs_to_an_index

assert models.__all__  # noqa: S101 - the import fills Base.metadata


def render_item(kind: str, item: Any, _context: Any) -> str | Literal[False]:
    """Write our own types as what they are in the database: a migration outlives our classes."""
    return "sa.DateTime()" if kind == "type" and isinstance(item, UtcDateTime) else False


def include_name(name: str | None, kind: str, _parents: Any) -> bool:
    """Leave out the tables of the search index, which is made anew from the others."""
    return kind != "table" or not belongs_to_an_index(name)


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    render_as_batch=True,
    transactional_ddl=True,
    transaction_per_migration=False,
    compare_type=True,
    render_item=render_item,
    include_name=include_name,
)
context.run_migrations()
