"""Done on time: within a tenth of the interval; late is not, and few are no percentage."""

from datetime import timedelta

import pytest

from itops.models import WorkKind, WorkOrder, WorkStatus
from itops.services.maintenance import compliance
from tests import factories
from tests.services.maintenance.planned import TODAY, order

YEAR = timedelta(days=365)


def figure():
    return compliance.figure(WorkOrder.id.is_not(None), first=TODAY - YEAR, last=TODAY, today=TODAY)


def due(days_ago: int, *, late: int | None, grace: int = 3, **given) -> None:
    on = TODAY - timedelta(days=days_ago)
    done = on + timedelta(days=late) if late is not None else None
    status = WorkStatus.DONE if done else WorkStatus.OPEN
    order(due_on=on, done_on=done, grace_days=grace, status=given.pop("status", status), **given)


def test_late_but_done_is_not_on_time_and_early_is(app):
    for late in (-5, 0, 3, 4, 40):
        due(60, late=late)
    found = figure()
    assert (found.due, found.on_time, found.late, found.missed) == (5, 3, 2, 0)
    assert found.percent == 60


def test_what_is_not_done_counts_once_its_grace_is_over(app):
    due(4, late=None)
    due(3, late=None)
    due(0, late=None, grace=0)
    found = figure()
    assert (found.due, found.missed) == (1, 1)


@pytest.mark.parametrize(("many", "percent"), [(0, None), (1, None), (2, None), (3, 100)])
def test_under_three_there_is_no_percentage(many, percent, app):
    for _ in range(many):
        due(30, late=0)
    assert figure().percent == percent


def test_repairs_and_what_was_cancelled_are_not_counted(app):
    due(30, late=9, kind=WorkKind.CORRECTIVE)
    due(30, late=None, status=WorkStatus.CANCELLED)
    due(400, late=0)
    assert figure().due == 0


def test_who_waits_for_a_signature_has_done_it(app):
    due(30, late=0, status=WorkStatus.TO_SIGN, site=factories.site())
    assert figure().on_time == 1
