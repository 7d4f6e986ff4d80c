"""The laboratory's backup: made, read, restored and measured; then one that lies, and is caught."""

from sqlalchemy import select

from itops.checks.base import State
from itops.cli.story.acts import Stage, alert_of, over, sent_of
from itops.cli.story.installation import acting, wait_for
from itops.cli.story.watching import plan_of, register_backup
from itops.clock import utcnow
from itops.db import db
from itops.errors import Message
from itops.models import (
    AlertStatus,
    BackupJob,
    Verification,
    VerificationLevel,
    WorkOrder,
    WorkStatus,
)
from itops.services.engine import waking

INTEGRITY, RESTORE_TEST = VerificationLevel.INTEGRITY, VerificationLevel.RESTORE_TEST
RESTORE_SECONDS = 180.0


def backup_is_cut(stage: Stage) -> None:
    """Prove a good dump, which closes the day's order; find out one that was cut short."""
    told = stage.told
    told.begin("backup")
    stage.laboratory.dump("lis-1.dump")
    job = stage.backup_id = register_backup(stage.world, stage.laboratory.dumps)
    page = stage.url(f"/backups/{job}")
    read = verified(stage, INTEGRITY, State.OK)
    told.say("backup.read", why=_said(read), url=page)
    order = _order_done()
    told.say("backup.order", number=order.number, url=stage.url(f"/maintenance/orders/{order.id}"))
    test = verified(stage, RESTORE_TEST, State.OK, seconds=RESTORE_SECONDS)
    told.say(
        "backup.restored",
        why=_said(test),
        rto=test.facts["measured_rto_seconds"],
        rpo=test.facts["measured_rpo_seconds"],
        url=f"{page}/records/{test.id}",
    )
    stage.laboratory.dump("lis-2.dump", keeps=0.6)
    cut = verified(stage, INTEGRITY, State.CRITICAL)
    alert = alert_of(f"backup_job:{job}", AlertStatus.OPEN)
    told.say("backup.cut", why=_said(cut), n=sent_of(alert), url=stage.url(f"/alerts/{alert}"))
    stage.laboratory.dump("lis-3.dump")
    verified(stage, INTEGRITY, State.OK, after=cut.id)
    over(alert, stage)


def verified(
    stage: Stage,
    level: VerificationLevel,
    state: State,
    *,
    after: int = 0,
    seconds: float = 60,
) -> Verification:
    """Have the backup looked at now; return its newest record of a level, once it says `state`."""
    job_id = stage.backup_id
    with acting():
        db.session.get_one(BackupJob, job_id, populate_existing=True).due_at = utcnow()
        waking.wake()

    def found() -> Verification | None:
        wanted = select(Verification).where(
            Verification.job_id == job_id, Verification.level == level, Verification.id > after
        )
        newest = db.session.scalars(wanted.order_by(Verification.id.desc())).first()
        return newest if newest is not None and newest.state is state else None

    return wait_for(found, "backup", seconds=seconds)


def _order_done() -> WorkOrder:
    def found() -> WorkOrder | None:
        wanted = select(WorkOrder).where(
            WorkOrder.plan_id == plan_of("backup").id, WorkOrder.status == WorkStatus.DONE
        )
        return db.session.scalars(wanted).first()

    return wait_for(found, "order")


def _said(record: Verification) -> Message:
    return Message.from_json(record.message)
