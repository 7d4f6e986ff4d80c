"""Retention: how long history and evidence are kept, by the settings."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from sqlalchemy import delete, select

from itops.config import SHORTEST_EVIDENCE_DAYS, Settings
from itops.db import db, reading
from itops.models import CheckChange, InventoryChange, StateChange
from itops.services.audit import cutting
from itops.services.history import blocks
from itops.services.history.owners import ALL, Owners
from itops.services.history.windows import FIVE_MINUTES, HOURS, SAMPLES

#: Owners whose blocks are looked at in one transaction, and rows of evidence deleted in one.
OWNERS_AT_ONCE = 50
ROWS_AT_ONCE = 2000


def thin_out(at: datetime, settings: Settings) -> Iterator[None]:
    """Delete what is older than the settings say. Yield after each piece, for a commit."""
    yield from thin_history(at, settings)
    yield from thin_evidence(at, settings)


def thin_history(at: datetime, settings: Settings) -> Iterator[None]:
    """Delete blocks whose window ended before what is kept of their resolution."""
    for owners in ALL:
        yield from thin_blocks(owners, at, settings)


def thin_blocks(owners: Owners, at: datetime, settings: Settings) -> Iterator[None]:
    """Delete old blocks of one kind of owner. Yield after some of them, for a commit."""
    kept_days = (
        (SAMPLES, settings.keep_samples_days),
        (FIVE_MINUTES, settings.keep_five_minutes_days),
        (HOURS, settings.keep_hours_days),
    )
    with reading(), db.engine.connect() as connection:
        owner_id = owners.table.c.id
        ids = list(connection.scalars(select(owner_id).order_by(owner_id)))
    for begin in range(0, len(ids), OWNERS_AT_ONCE):
        connection = db.session.connection()
        for one in ids[begin : begin + OWNERS_AT_ONCE]:
            for resolution, days in kept_days:
                before = int((at - timedelta(days=days)).timestamp())
                blocks.drop_before(connection, one, resolution, before, owners=owners)
        yield


def thin_evidence(at: datetime, settings: Settings) -> Iterator[None]:
    """Delete changes and audit entries that are too old, never one of the last 184 days."""
    before = at - timedelta(days=max(settings.keep_audit_days, SHORTEST_EVIDENCE_DAYS))
    for model in (StateChange, CheckChange, InventoryChange):
        while True:
            with reading(), db.engine.connect() as connection:
                oldest = connection.execute(
                    select(model.id, model.at).order_by(model.id).limit(ROWS_AT_ONCE)
                ).all()
            old = [row.id for row in oldest if row.at < before]
            if not old:
                break
            db.session.execute(delete(model).where(model.id <= max(old), model.at < before))
            yield
    yield from cutting.cut(before, at=at)
