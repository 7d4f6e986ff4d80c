"""A worker died in mid-check: nobody knows what it would have said, and that is shown."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import insert, select, update

from itops.checks.base import Finding, State
from itops.db import db
from itops.errors import Message
from itops.models import Check, CheckChange
from itops.services.engine.due_rows import Claimed


def note(rows: Sequence[Claimed], *, at: datetime) -> None:
    """Write that these checks are unknown now; they are about to be carried out again."""
    ids = [row.id for row in rows if row.was_interrupted]
    if not ids:
        return
    connection = db.session.connection()
    why = Message("check_state.interrupted")
    was = connection.execute(
        select(Check.id, Check.kind, Check.state).where(Check.id.in_(ids), Check.is_enabled)
    ).all()
    for row in was:
        findings = [Finding(row.kind, State.UNKNOWN, why).as_json()]
        connection.execute(
            update(Check.__table__)  # type: ignore[arg-type]  # a table of ours
            .where(Check.id == row.id)
            .values(state=State.UNKNOWN, state_since_at=at, is_hard=False, findings=findings)
        )
        change = {"check_id": row.id, "at": at, "old": row.state, "new": State.UNKNOWN}
        connection.execute(insert(CheckChange).values(**change, is_hard=False, findings=findings))
