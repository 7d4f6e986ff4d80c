"""Models and migrations say the same."""

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import UniqueConstraint

from itops.db import Base, db
from itops.services import upgrading
from itops.services.search.index import belongs_to_an_index


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


#: Foreign keys that no index begins with, and why.
WITHOUT_INDEX = {
    "audit_entry.actor_id": "accounts are shut, not deleted; an index of every entry would be paid",
    "check_block.layout_id": "layouts are never deleted",
    "check_sample.layout_id": "layouts are never deleted",
    "health_sample.layout_id": "layouts are never deleted",
    "history_block.layout_id": "layouts are never deleted",
    "host.approved_by_id": "accounts are shut, not deleted",
    "import_draft.site_id": "a draft lasts a day; there are few",
}


def test_every_foreign_key_begins_an_index():
    """Without one, deleting a row reads every table that refers to its table."""
    bare = set()
    for table in Base.metadata.sorted_tables:
        unique = [one for one in table.constraints if isinstance(one, UniqueConstraint)]
        beginnings = {next(iter(one.columns)) for one in table.indexes}
        beginnings |= {next(iter(one.columns)) for one in unique}
        beginnings.add(next(iter(table.primary_key.columns)))
        keys = {key.parent for key in table.foreign_keys} - beginnings
        bare |= {f"{table.name}.{column.name}" for column in keys}
    assert bare == set(WITHOUT_INDEX)
