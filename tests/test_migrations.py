"""Models and migrations say the same."""

import json

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import UniqueConstraint, select, text

from itops import create_app, setting_texts
from itops.config import Settings
from itops.db import Base, db
from itops.models import AuditEntry, Evidence
from itops.services import upgrading
from itops.services.audit import reading
from itops.services.auditing import Actor, record
from itops.services.maintenance.findings import FOUND
from itops.services.search.index import belongs_to_an_index
from tests.conftest import NOON


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


@pytest.mark.both_databases
def test_entries_from_before_the_chain_are_chained(database_url, tmp_path):
    """Their numbers become dense; a fact that was JSON's null is none."""
    address = setting_texts.database_url(database_url)
    with create_app(Settings(data_dir=tmp_path, database_url=address)).app_context():
        with upgrading.schema_connection(db.engine) as connection:
            command.upgrade(upgrading.alembic_config(connection), "0004")
            for number in (1, 2, 5):
                entry = {"id": number, "after": f'{{"名": {number}}}'}
                connection.execute(text(OLD_ENTRY), entry)
        upgrading.upgrade(db.engine)
        record("user.edited", by=Actor(None, "王敏"), at=NOON)
        db.session.commit()
        found = reading.verify_all([])
        assert (found.is_whole, found.entries, found.unguarded) == (True, 4, [])
        facts = db.session.execute(select(AuditEntry.id, AuditEntry.before, AuditEntry.after))
        assert facts.all() == [
            *((n, None, {"名": was}) for n, was in ((1, 1), (2, 2), (3, 5))),
            (4, None, None),
        ]
        db.session.remove()
        db.engine.dispose()


@pytest.mark.both_databases
def test_findings_from_before_their_index_are_in_it(database_url, tmp_path):
    address = setting_texts.database_url(database_url)
    with create_app(Settings(data_dir=tmp_path, database_url=address)).app_context():
        with upgrading.schema_connection(db.engine) as connection:
            command.upgrade(upgrading.alembic_config(connection), "0015")
            connection.execute(text(OLD_SITE))
            connection.execute(text(OLD_ORDER))
            for number, key in enumerate(("evidence.attested", FOUND), start=1):
                message = json.dumps({"key": key, "params": {"name": "李建国", "n": 1}})
                connection.execute(text(OLD_EVIDENCE), {"id": number, "message": message})
        upgrading.upgrade(db.engine)
        known = select(Evidence.id, Evidence.is_finding).order_by(Evidence.id)
        assert db.session.execute(known).all() == [(1, False), (2, True)]
        db.session.remove()
        db.engine.dispose()


OLD_SITE = (
    "INSERT INTO site (id, kind, name, name_en, is_demo) VALUES (1, 'campus', '院', '', false)"
)
OLD_ORDER = """
INSERT INTO work_order (id, kind, status, name, name_en, due_on, site_id, instructions, grace_days,
                        evidence_rule, rule_params, needs_sign_off, created_at, done_by,
                        is_disputed, version, is_demo)
VALUES (1, 'preventive', 'open', '巡检', '', '2026-11-23', 1, '', 0, 'attested', '{}', false,
        '2026-11-23 01:00:00.000000', '', false, 1, false)
"""
OLD_EVIDENCE = """
INSERT INTO evidence (id, order_id, rule, kind, at, by, holds, message, facts)
VALUES (:id, 1, 'attested', 'person', '2026-11-23 01:00:00.000000', '李建国', true, :message, '{}')
"""
OLD_ENTRY = """
INSERT INTO audit_entry (id, at, actor_name, address, action, subject_kind, subject_name,
                         before, after, result)
VALUES (:id, '2026-03-02 04:00:00.000000', '王敏', '', 'user.edited', '', '',
        'null', :after, 'done')
"""
