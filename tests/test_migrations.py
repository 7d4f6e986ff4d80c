"""Models and migrations say the same."""

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from itops.db import Base, db
from itops.services.search_index import belongs_to_an_index


def test_an_upgraded_database_equals_the_models(app):
    with db.engine.connect() as connection:
        options = {
            "compare_type": True,
            "include_name": lambda name, kind, _: kind != "table" or not belongs_to_an_index(name),
        }
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, Base.metadata) == []
