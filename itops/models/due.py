"""What a row carries that is worked on when it is due, by one worker at a time."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column


class Due:
    """Columns for a table of work; `services.engine.due_rows` claims and settles its rows.

    Only `due_at` is for others to write: a moment to have the row worked on then, None for never.
    """

    due_at: Mapped[datetime | None] = mapped_column(index=True)
    #: Somebody works on the row until then; who says nothing for longer has lost it.
    lease_until_at: Mapped[datetime | None]
    #: Which worker that is. Also set after a lease has ended: the work was interrupted.
    held_by: Mapped[str | None] = mapped_column(String(80))
    #: How often the work was begun since it last ended.
    starts: Mapped[int] = mapped_column(default=0)
