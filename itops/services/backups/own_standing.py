"""How our own backup stands, for whoever answers for this installation: its age, and its proof."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select

from itops.checks.base import State
from itops.db import db
from itops.errors import Message
from itops.models import BackupJob, BackupKind, BackupRun, RunState
from itops.services.backups import judging

#: A new installation has so long to make its first copy and prove it.
FIRST = timedelta(hours=1)
#: Levels that are judged as a copy is read or restored; its age is worked out here and now.
KEPT = (judging.INTEGRITY, judging.RESTORE_TEST)
#: What is known of the job, and the moment of its newest copy; built once, and asked on the
#: connection: every administrator's page asks it.
OWN = (
    select(
        *(BackupJob.created_at, BackupJob.rpo_minutes, BackupJob.findings),
        select(func.max(BackupRun.finished_at))
        .where(BackupRun.job_id == BackupJob.id, BackupRun.state == RunState.DONE)
        .scalar_subquery(),
    )
    .where(BackupJob.kind == BackupKind.ITOPS)
    .order_by(BackupJob.id)
    .limit(1)
)


@dataclass(frozen=True)
class Standing:
    """Whether all is well with it, and why not."""

    state: State
    message: Message


def standing(*, at: datetime) -> Standing | None:
    """Return how our own backup stands now; None while there is none to speak of. One query.

    Its age is worked out from the newest copy: where no worker runs, nobody judges it any more.
    """
    found = db.session.connection().execute(OWN).first()
    if found is None:
        return None
    created_at, rpo_minutes, findings, made_at = found
    if at - created_at < FIRST:
        return None
    if made_at is None:
        return Standing(State.CRITICAL, Message("archive.standing.never"))
    minutes = int((at - made_at) / timedelta(minutes=1))
    if minutes > (rpo_minutes or 0):
        most = {"minutes": minutes, "most": rpo_minutes or 0}
        return Standing(State.CRITICAL, Message("archive.standing.old", most))
    return _proof(findings) or Standing(
        State.OK, Message("archive.standing.ok", {"minutes": minutes})
    )


def _proof(findings: Sequence[Mapping[str, Any]]) -> Standing | None:
    """Return what is wrong with the newest copy or its proof, the worst first."""
    for one in judging.ordered(findings):
        state = State(one["state"])
        if one["name"] in KEPT and state is not State.OK:
            why = {"why": Message.from_json(one["message"])}
            return Standing(state, Message("archive.standing.bad", why))
    return None
