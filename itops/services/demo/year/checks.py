"""The demo's remote checks as rows, answered by the demo itself: they are never sent out."""

from datetime import datetime, timedelta

from sqlalchemy import select, update

from itops.checks import parameters
from itops.checks.base import Finding, State
from itops.checks.catalogue import CHECKS
from itops.db import db
from itops.errors import Message
from itops.models import Asset, Check
from itops.services.checking import settling
from itops.services.checking.results import Result
from itops.services.checking.tasks import Place, Task
from itops.services.demo.figures import DAY, HOUR
from itops.services.demo.year.check_figures import finding, measured
from itops.services.demo.year.check_list import DemoCheck, check_list
from itops.services.demo.year.known import YEAR_DAYS, Known
from itops.services.engine.due_rows import Claimed, Done
from itops.services.history.owners import CHECKS as OF_CHECKS
from itops.services.history.writing import write_block

BY_NAME = {check.name: check for check in check_list()}
DETAIL_SECONDS = 300
DETAIL_DAYS = 2
#: When the checks were asked: what is bad now has been so for a while, and is hard by now.
BEGUN_MINUTES_AGO = (122, 121, 120, 0)


def make_checks(known: Known) -> None:
    """Make the checks, with what they say now and since when."""
    for each in check_list():
        check = _row(each, known)
        db.session.add(check)
    db.session.flush()
    for minutes in BEGUN_MINUTES_AGO:
        moment = known.at - timedelta(minutes=minutes)
        db.session.execute(update(Check).where(Check.is_demo).values(due_at=moment))
        answer(at=moment)
    db.session.expire_all()
    for check in known.checks.values():
        if check.state is State.OK:
            check.state_since_at = known.at - timedelta(days=9 + check.id % 80)


def answer(*, at: datetime) -> int:
    """Answer every demo check that is due, as its machine would; return how many there were."""
    wanted = select(Check).where(Check.is_demo, Check.is_enabled, Check.due_at <= at)
    due = list(db.session.scalars(wanted.order_by(Check.id)))
    settling.settle([_done(check, at) for check in due], at)
    return len(due)


def write_year(name: str, known: Known) -> None:
    """Write a check's hours of the year, and its last two days every five minutes."""
    check, now = BY_NAME[name], known.minute
    wanted = select(Check.id).where(Check.is_demo, Check.name == name)
    check_id = db.session.scalars(wanted).one()
    end = now // HOUR * HOUR
    for step, start in ((HOUR, end - YEAR_DAYS * DAY), (DETAIL_SECONDS, end - DETAIL_DAYS * DAY)):
        moments = range(start, end, step)
        rows = [measured(check, moment, now=now) for moment in moments]
        columns = {metric: [row.get(metric) for row in rows] for metric in rows[-1]}
        write_block(check_id, step, start, columns, owners=OF_CHECKS)


def _done(check: Check, at: datetime) -> Done:
    row = Claimed(check.id, check.due_at or at, 1, was_interrupted=False)
    task = Task(check.id, check.kind, row.due_at, Place(check.address))
    return Done(row, task, Result(_found(check, at), at, 0.05))


def _found(check: Check, at: datetime) -> Finding:
    """Return what a check finds; of one that a person made in the demo nothing is known."""
    known = BY_NAME.get(check.name)
    if known is None or known.kind != check.kind:
        return Finding(check.kind, State.UNKNOWN, Message("check_state.demo"))
    moment = int(at.timestamp())
    return finding(known, moment, now=moment)


def _row(each: DemoCheck, known: Known) -> Check:
    kind = CHECKS[each.kind]
    module = known.modules[each.module] if each.module else None
    asset = _asset(each, known)
    about = asset or module
    made = known.at - timedelta(days=YEAR_DAYS)
    return Check(
        kind=each.kind,
        name=each.name,
        name_en=each.name_en,
        site_id=known.hospital.id,
        department_id=about.department_id if about else None,
        asset=asset,
        module=module,
        address="" if asset else "10.1.12.20",
        params=parameters.as_json(parameters.read(kind.params, each.params)),
        interval_seconds=kind.interval_seconds,
        due_at=known.at - timedelta(hours=3),
        created_at=made,
        updated_at=made,
        is_demo=True,
    )


def _asset(each: DemoCheck, known: Known) -> Asset | None:
    if each.ups:
        return known.assets[each.ups]
    return known.asset_of(each.machine) if each.machine else None
