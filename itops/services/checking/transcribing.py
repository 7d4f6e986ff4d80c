"""Keeping the last transcript of each check."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy.dialects import postgresql, sqlite

from itops.db import db
from itops.models import CheckTranscript


def keep(texts: Mapping[int, str], *, at: datetime) -> None:
    """Put transcripts in the place of older ones; what says nothing replaces nothing."""
    rows = [{"check_id": key, "at": at, "text": text} for key, text in texts.items() if text]
    if not rows:
        return
    connection = db.session.connection()
    is_postgresql = connection.dialect.name == "postgresql"
    insert = (postgresql if is_postgresql else sqlite).insert(CheckTranscript)
    given = insert.excluded
    connection.execute(
        insert.on_conflict_do_update(
            index_elements=["check_id"], set_={"at": given.at, "text": given.text}
        ),
        rows,
    )
