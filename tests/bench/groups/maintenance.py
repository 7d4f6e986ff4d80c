"""How long it takes to make 100,000 occurrences over 10 years: as dates, and as rows."""

from collections.abc import Iterator
from datetime import date, timedelta
from itertools import takewhile
from time import perf_counter
from zoneinfo import ZoneInfo

from itops import create_app
from itops.clock import utcnow
from itops.config import Settings
from itops.db import db
from itops.models import MaintenancePlan, Site, SiteKind, WorkOrder
from itops.services.maintenance import making
from itops.services.maintenance.days import Now
from itops.services.maintenance.recurrence import parse
from itops.services.upgrading import upgrade
from tests.bench.groups import Run
from tests.bench.report import Figure, at_most, compared

#: A county's plans: so many of each rule; together they bring 100,000 dates in ten years.
RULES = {
    "FREQ=DAILY": 16,
    "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR": 8,
    "FREQ=WEEKLY;BYDAY=MO": 22,
    "FREQ=DAILY;INTERVAL=14": 20,
    "FREQ=MONTHLY;BYMONTHDAY=1": 20,
    "FREQ=MONTHLY;BYSETPOS=-1;BYMONTHDAY=28,29,30,31": 10,
    "FREQ=MONTHLY;INTERVAL=6;BYMONTHDAY=15": 60,
    "FREQ=YEARLY;BYMONTH=2;BYSETPOS=-1;BYMONTHDAY=28,29": 20,
}
FIRST = date(2016, 1, 1)
YEARS = timedelta(days=3653)


def figures(run: Run) -> Iterator[Figure]:
    """Yield the seconds for the dates alone, and for orders made by the duty."""
    share = 10 if run.is_quick else 1
    took = [dates(share) for _ in run.in_turn()]
    note = f"{took[0][1]:,} dates of {sum(RULES.values()) // share} plans"
    goal = at_most(2, of="value")
    figure = Figure(name="maintenance_dates", value=None, unit="s", goal=goal, note=note)
    yield compared(figure, [seconds for seconds, _ in took], None)
    made, many = rows(run, share)
    note = f"{many:,} orders written and committed on SQLite, by the duty that makes them"
    figure = Figure(name="maintenance_orders_made", value=None, unit="s", note=note)
    yield compared(figure, [made], None)


def dates(share: int) -> tuple[float, int]:
    """Return the seconds to find every date, and how many there are."""
    began, found = perf_counter(), 0
    for rule, plans in RULES.items():
        for _ in range(max(1, plans // share)):
            upcoming = parse(rule).dates(FIRST)
            found += sum(1 for _ in takewhile(lambda on: on < FIRST + YEARS, upcoming))
    return perf_counter() - began, found


def rows(run: Run, share: int) -> tuple[float, int]:
    """Return the seconds to make all of them as rows, and how many there are."""
    app = create_app(Settings(data_dir=run.folder / "maintenance"))
    with app.app_context():
        upgrade(db.engine)
        _plans(share)
        end = Now(utcnow(), ZoneInfo("Asia/Shanghai"))
        end = Now(end.start_of(FIRST + YEARS), end.zone)
        began = perf_counter()
        for _ in making.make_due(end):
            db.session.commit()
        seconds = perf_counter() - began
        many = db.session.query(WorkOrder.id).count()
        db.session.remove()
        db.engine.dispose()
    return seconds, many


def _plans(share: int) -> None:
    site = Site(kind=SiteKind.COUNTY_HOSPITAL, name="县人民医院")
    db.session.add(site)
    for rule, plans in RULES.items():
        first = parse(rule).first(FIRST)
        for number in range(max(1, plans // share)):
            plan = MaintenancePlan(
                name=f"计划{number}",
                site=site,
                starts_on=first,
                recurrence=rule,
                lead_days=0,
                next_due_on=first,
                make_on=first,
                created_at=utcnow(),
                updated_at=utcnow(),
            )
            db.session.add(plan)
    db.session.commit()
