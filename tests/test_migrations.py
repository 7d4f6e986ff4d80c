"""Models and migrations say the same."""

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from itops.db import Base, db
from itops.services import upgrading
from itops.services.search_index import belongs_to_an_index


def test_an_upgraded_database_equals_the_models(app):
    with db.engine.connect() as connection:
        options = {
            "compare_type": True,
            "include_name": lambda name, kind, _: kind != "table" or not belongs_to_an_index(name),
        }
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, Base.metadata) == []


def test_we_read_the_revisions_as_alembic_does():
    scripts = ScriptDirectory(str(upgrading.MIGRATIONS))
    assert upgrading.newest_revision() == scripts.get_current_head()
    expected = {script.revision: script.down_revision for script in scripts.walk_revisions()}
    assert upgrading.known_revisions() == expected


def test_an_upgraded_database_says_its_revision(app):
    with db.engine.connect() as connection:
        assert upgrading.current_revision(connection) == upgrading.newest_revision()
