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
