"""Duties: each that has come round is done, on a thread, piece by piece."""

from contextlib import suppress

from flask import current_app
from sqlalchemy.exc import SQLAlchemyError

from itops.clock import monotonic
from itops.config import Settings
from itops.db import db, reading
from itops.jobs.worker import Worker
from itops.services.background.duties import DUTIES
from itops.services.engine import duty_rows
from itops.services.engine.duty_rows import Claim, DutyKind, Kinds
from itops.services.leases import LeaseLost

#: Between two pieces of a duty the worker rests as long as the last took, at most this long, so
#: that intake and pages get their turn at the database.
LONGEST_REST_SECONDS = 0.2


def do_duty(worker: Worker, kinds: Kinds = DUTIES) -> bool:
    """Do the duty that has been due for longest; return whether there was one."""
    with reading():
        is_planned = duty_rows.are_planned(kinds)
        name = duty_rows.next_due(kinds, at=worker.now(), also_lapsed=worker.takes_over)
        db.session.rollback()
    if not is_planned:
        duty_rows.plan(kinds, at=worker.now())
        db.session.commit()
        return True
    if name is None:
        return False
    claimed = duty_rows.claim(name, at=worker.now(), holder=worker.new_claim())
    db.session.commit()
    if claimed:
        with worker.keeping(lambda at: duty_rows.keep(claimed, at=at)):
            _carry_out(worker, claimed, kinds[name])
    return True


def _carry_out(worker: Worker, claimed: Claim, kind: DutyKind) -> None:
    """Do a duty piece by piece, committing each together with the lease that allows it."""
    began = monotonic()
    try:
        with suppress(LeaseLost):
            _pieces(worker, claimed, kind)
            if worker.stop.is_set():
                duty_rows.leave(claimed, at=worker.now())
            else:
                took = monotonic() - began
                duty_rows.finish(claimed, kind, at=worker.now(), seconds=took)
            db.session.commit()
    except Exception as error:
        db.session.rollback()
        with suppress(LeaseLost, SQLAlchemyError):  # else the lease ends by itself
            duty_rows.fail(claimed, kind, repr(error), at=worker.now())
            db.session.commit()
        raise
    finally:
        db.session.rollback()


def _pieces(worker: Worker, claimed: Claim, kind: DutyKind) -> None:
    settings: Settings = current_app.config["ITOPS"]
    began = monotonic()
    for _ in kind.work(worker.now(), settings):
        duty_rows.keep(claimed, at=worker.now())
        db.session.commit()
        if worker.stop.wait(min(monotonic() - began, LONGEST_REST_SECONDS)):
            return
        began = monotonic()
