"""Writing down what came of checks: a group of results in one transaction, the caller's."""

import struct
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from math import nan
from typing import Any

from sqlalchemy import bindparam, insert, select, update

from itops.checks.base import Finding, State
from itops.db import db
from itops.errors import Message
from itops.models import Check, CheckChange, CheckSample, Credential
from itops.services.checking import meeting, telling, transcribing
from itops.services.checking.results import Result
from itops.services.checking.tasks import Task
from itops.services.checking.telling import Told
from itops.services.checking.verdicts import Before, Verdict, verdict
from itops.services.engine.due_rows import Done, InterruptedTooOftenError
from itops.services.history.layouts import layout_for

#: The use of a credential is written down this often at most.
USED_EVERY = timedelta(minutes=5)
#: A finding holds at most so many figures; a plug-in may print more.
MOST_FIGURES = 200

BEFORE = (
    "id",
    "state",
    "state_since_at",
    "is_hard",
    "hard_state",
    "streak",
    "interval_seconds",
    "retry_seconds",
    "hard_after",
)
COLUMNS = (*BEFORE, "is_enabled", "checked_at", "asked_at")
TABLE = Check.__table__
WRITE = (
    update(TABLE)  # type: ignore[arg-type]  # a table of ours
    .where(TABLE.c.id == bindparam("b_id"))
    .values(
        {
            name: bindparam(f"b_{name}")
            for name in (
                "state",
                "state_since_at",
                "is_hard",
                "hard_state",
                "streak",
                "due_at",
                "stale_at",
                "checked_at",
                "took_seconds",
                "late_seconds",
                "is_answering",
                "findings",
            )
        }
    )
)


def settle(done: Sequence[Done], at: datetime) -> None:
    """Write results: verdicts, changes, figures, and what they mean to others."""
    rows = _rows([each.row.id for each in done])
    written = [_Written(rows[each.row.id], each, at) for each in done if each.row.id in rows]
    if not written:
        return
    connection = db.session.connection()
    connection.execute(WRITE, [one.values(at) for one in written])
    changes = [one.change() for one in written if one.verdict.is_change]
    if changes:
        connection.execute(insert(CheckChange), changes)
    samples = [one.sample() for one in written if one.result.finding.metrics]
    if samples:
        connection.execute(insert(CheckSample), samples)
    transcribing.keep({one.id: one.transcript for one in written if one.is_worth_reading}, at=at)
    met = {(one.task.place, one.result.met): one.id for one in written if one.result.met}
    meeting.note(met, at=at)
    accounts = [one.task.account for one in written if one.result.has_signed_in]
    _note_use({account.id for account in accounts if account}, at=at)
    told = [Told(one.id, one.result.finding, one.result.is_answering) for one in written]
    telling.tell(told, at=at)


def _rows(ids: Sequence[int]) -> Mapping[int, Any]:
    return {
        row.id: row
        for row in db.session.execute(
            select(*(TABLE.c[name] for name in COLUMNS)).where(Check.id.in_(ids))
        )
    }


class _Written:
    """One result, and what it makes of its check."""

    def __init__(self, row: Any, done: Done, at: datetime) -> None:
        self.id: int = row.id
        self.row = row
        self.task: Task = done.task
        self.result: Result = done.result if done.error is None else failed(done, at)
        self.verdict: Verdict = verdict(
            Before(
                **{name: getattr(row, name) for name in BEFORE},
                is_first=row.checked_at is None,
            ),
            self.result.finding,
            is_final=self.result.is_final,
            at=self.result.began_at,
        )

    @property
    def is_worth_reading(self) -> bool:
        """Whether its transcript is kept: what is well says the same again and again."""
        is_asked = self.row.asked_at is not None and (
            self.row.checked_at is None or self.row.asked_at >= self.row.checked_at
        )
        return is_asked or self.verdict.is_change or self.result.finding.state is not State.OK

    @property
    def transcript(self) -> str:
        return self.result.transcript

    def values(self, at: datetime) -> dict[str, Any]:
        verdict, result = self.verdict, self.result
        late = max(0.0, (result.began_at - self.task.due_at).total_seconds())
        return {
            "b_id": self.id,
            "b_state": verdict.state,
            "b_state_since_at": verdict.state_since_at,
            "b_is_hard": verdict.is_hard,
            "b_hard_state": verdict.hard_state,
            "b_streak": verdict.streak,
            "b_due_at": verdict.due_at if self.row.is_enabled else None,
            "b_stale_at": verdict.stale_at,
            "b_checked_at": at,
            "b_took_seconds": round(result.took_seconds, 3),
            "b_late_seconds": round(late, 3),
            "b_is_answering": result.is_answering,
            "b_findings": [result.finding.as_json()],
        }

    def change(self) -> dict[str, Any]:
        return {
            "check_id": self.id,
            "at": self.result.began_at,
            "old": self.row.state,
            "new": self.verdict.state,
            "is_hard": self.verdict.is_hard,
            "findings": [self.result.finding.as_json()],
        }

    def sample(self) -> dict[str, Any]:
        """Return the row of the figures; those that nobody could have measured are missing."""
        names = sorted(self.result.finding.metrics)[:MOST_FIGURES]
        figures = [_bounded(self.result.finding.metrics[name]) for name in names]
        return {
            "check_id": self.id,
            "at_ms": int(self.result.began_at.timestamp() * 1000),
            "layout_id": layout_for(db.session.connection(), names),
            "figures": struct.pack(f"<{len(figures)}d", *figures),
        }


def failed(done: Done, at: datetime) -> Result:
    """Return the result of work that broke: interrupted again and again, or a fault of ours."""
    is_interrupted = isinstance(done.error, InterruptedTooOftenError)
    key = "check_state.interrupted" if is_interrupted else "check_state.our_fault"
    return Result(Finding(done.task.kind, State.UNKNOWN, Message(key)), at, 0.0)


def _bounded(figure: float) -> float:
    return float(figure) if -1e300 < figure < 1e300 else nan


def _note_use(used: set[int], *, at: datetime) -> None:
    """Write down that credentials were used."""
    if used:
        table = Credential.__table__
        long_ago = table.c.last_used_at.is_(None) | (table.c.last_used_at < at - USED_EVERY)
        db.session.connection().execute(
            update(table).where(table.c.id.in_(used), long_ago).values(last_used_at=at)  # type: ignore[arg-type]  # a table of ours
        )
