"""Write the migration from the newest revision to the models: python tools/revise.py WHAT."""

import sys
import tempfile
from pathlib import Path

from alembic import command
from sqlalchemy import create_engine

from itops import sqlite
from itops.db import prepare
from itops.services.upgrading import (
    alembic_config,
    known_revisions,
    schema_connection,
)


def main(message: str) -> None:
    """Compare a freshly migrated database with the models and write the difference.

    Only migrated: the code tables' rows may belong into tables that are yet to come.
    """
    with tempfile.TemporaryDirectory() as folder:
        engine = create_engine(f"sqlite:///{Path(folder) / 'new.db'}", module=sqlite.module())
        prepare(engine)
        number = f"{len(known_revisions()) + 1:04}"
        with schema_connection(engine) as connection:
            command.upgrade(alembic_config(connection), "head")
        with schema_connection(engine) as connection:
            config = alembic_config(connection)
            command.revision(config, message, autogenerate=True, rev_id=number)


if __name__ == "__main__":
    main(" ".join(sys.argv[1:]))
