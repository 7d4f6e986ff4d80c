"""How history's tables are laid out."""

import pytest
from sqlalchemy import create_engine, text

from itops.services.upgrading import upgrade
from itops.setting_texts import database_url


@pytest.mark.postgresql
def test_postgresql_does_not_compress_what_is_compressed(postgresql_url):
    engine = create_engine(database_url(postgresql_url))
    upgrade(engine)
    storage = text(
        "SELECT attstorage FROM pg_attribute"
        " WHERE attrelid = 'history_block'::regclass AND attname = 'data'"
    )
    with engine.connect() as connection:
        assert connection.scalar(storage) == "e"
    engine.dispose()


@pytest.mark.postgresql
def test_postgresql_clears_history_away_before_it_grows(postgresql_url):
    engine = create_engine(database_url(postgresql_url))
    upgrade(engine)
    told = text(
        "SELECT c.relname, array_to_string(c.reloptions || t.reloptions, ' ') FROM pg_class c"
        " LEFT JOIN pg_class t ON t.oid = c.reltoastrelid"
        " WHERE c.relname IN ('health_sample', 'history_block', 'check_sample', 'check_block')"
    )
    soon = "autovacuum_vacuum_scale_factor=0.05"
    with engine.connect() as connection:
        assert dict(connection.execute(told).all()) == {
            "health_sample": soon,
            "check_sample": soon,
            "history_block": f"{soon} {soon}",
            "check_block": f"{soon} {soon}",
        }
    engine.dispose()
