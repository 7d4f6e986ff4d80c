"""Duties: each that has come round is done, on a thread, piece by piece."""

import threading
from contextlib import suppress

from flask import current_app
from sqlalchemy.exc import SQLAlchemyError

from itops.clock import monotonic, utcnow
from itops.config import Settings
from itops.db import db, reading
from itops.services import duties
from itops.services.leases import LeaseLost

#: Between two pieces of a duty the worker rests as long as the last took, at most this long, so
#: that intake and pages get their turn at the database.
LONGEST_REST_SECONDS = 0.2


def do_duty(stop: threading.Event, kinds: duties.Kinds = duties.DUTIES) -> bool:
    """Do the duty that has been due for longest; return whether there was one."""
    with reading():
        is_planned = duties.are_planned(kinds)
        name = duties.next_due(kinds, at=utcnow())
    db.session.rollback()
    if not is_planned:
        duties.plan(kinds, at=utcnow())
        db.session.commit()
        return True
    if name is None:
        return False
    claimed = duties.claim(name, at=utcnow())
    db.session.commit()
    if claimed:
        _carry_out(claimed, kinds[name], stop)
    return True


def _carry_out(claimed: duties.Claim, kind: duties.DutyKind, stop: threading.Event) -> None:
    """Do a duty piece by piece, committing each together with the lease that allows it."""
    began = monotonic()
    try:
        with suppress(LeaseLost):
            _pieces(claimed, kind, stop)
            if stop.is_set():
                duties.leave(claimed, at=utcnow())
            else:
                duties.finish(claimed, kind, at=utcnow(), seconds=monotonic() - began)
            db.session.commit()
    except Exception as error:
        db.session.rollback()
        with suppress(LeaseLost, SQLAlchemyError):  # else the lease ends by itself
            duties.fail(claimed, kind, repr(error), at=utcnow())
            db.session.commit()
        raise
    finally:
        db.session.rollback()


def _pieces(claimed: duties.Claim, kind: duties.DutyKind, stop: threading.Event) -> None:
    settings: Settings = current_app.config["ITOPS"]
    began = monotonic()
    for _ in kind.work(utcnow(), settings):
        duties.keep(claimed, at=utcnow())
        db.session.commit()
        if stop.wait(min(monotonic() - began, LONGEST_REST_SECONDS)):
            return
        began = monotonic()
