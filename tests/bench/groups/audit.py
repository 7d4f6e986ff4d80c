"""What the audit log costs: an audited write, and a walk along the whole chain."""

from collections.abc import Iterator
from datetime import timedelta
from statistics import median
from time import perf_counter, process_time

from sqlalchemy import text

from itops import create_app
from itops.clock import utcnow
from itops.config import Settings
from itops.db import db
from itops.models import AuditEntry, Site
from itops.services.audit import reading
from itops.services.auditing import Actor, facts, record
from itops.services.upgrading import upgrade
from itops.setting_texts import database_url
from tests import components, factories
from tests.bench.groups import Run
from tests.bench.report import Figure, at_least, at_most, compared
from tests.components import postgresql, program

ENTRIES, QUICK, CHUNK = 100_000, 5_000, 5_000
WRITES = 500
WANG = Actor(7, "王敏", "10.0.0.7")


def figures(run: Run) -> Iterator[Figure]:
    """Yield milliseconds an audited write and verified entries a second, on both databases."""
    count = QUICK if run.is_quick else ENTRIES
    yield from _both(run, "", Settings(data_dir=run.folder), count)
    if not program("pg_ctl", *postgresql.PLACES):
        return
    components.make_folder()
    try:
        url = database_url(postgresql.empty_database("bench_audit"))
        there = Settings(data_dir=run.folder, database_url=url)
        yield from _both(run, "_postgresql", there, count)
    finally:
        postgresql.stop()
        components.remove_folder()


def _both(run: Run, name: str, settings: Settings, count: int) -> Iterator[Figure]:
    app = create_app(settings)
    with app.app_context():
        upgrade(db.engine)
        site = factories.site(name="县医院")
        db.session.commit()
        plain = median(_writes(site, is_audited=False)[0] for _ in run.in_turn())
        written = [_writes(site, is_audited=True) for _ in run.in_turn()]
        took, used = [wall for wall, _ in written], median(cpu for _, cpu in written)
        goal = at_most(3, of="value")
        note = f"{used:.2f} ms of them processor time; {plain:.2f} ms without the entry"
        key = f"audit_write{name}"
        yield compared(Figure(name=key, value=None, unit="ms", goal=goal, note=note), took, None)
        _fill(count)
        walks = [_walk() for _ in run.in_turn()]
        goal, note = at_least(50_000, of="value"), f"{count:,} entries with facts before and after"
        figure = Figure(
            name=f"audit_verify{name}", value=None, unit="entries/s", goal=goal, note=note
        )
        yield compared(figure, walks, None)
        db.session.remove()
        db.engine.dispose()


def _writes(site: Site, *, is_audited: bool) -> tuple[float, float]:
    """Return the median milliseconds of a change, to the end of its commit, and of the processor's.

    With its entry in the log, or without: what we ask for in turn says what the entry costs.
    """
    took, cpu = [], process_time()
    for number in range(WRITES):
        began = perf_counter()
        before = facts(site)
        site.name = f"县医院{number}"
        if is_audited:
            after = facts(site)
            record("place.renamed", site, by=WANG, at=utcnow(), before=before, after=after)
        db.session.commit()
        took.append((perf_counter() - began) * 1000)
    return median(took), (process_time() - cpu) * 1000 / WRITES


def _fill(count: int) -> None:
    start = utcnow()
    before = {"name": "旧的名字", "phone": "8120", "site_id": 3}
    for first in range(0, count, CHUNK):
        db.session.add_all(
            AuditEntry(
                at=start + timedelta(seconds=number),
                actor_id=WANG.id,
                actor_name=WANG.name,
                address=WANG.address,
                action=f"user.edited{number % 9}",
                subject_kind="user",
                subject_id=number,
                before=before,
                after={"name": "新的名字", "phone": "8121", "n": number},
            )
            for number in range(first, min(first + CHUNK, count))
        )
        db.session.commit()
        db.session.expunge_all()
    db.session.execute(text("ANALYZE"))
    db.session.commit()


def _walk() -> float:
    began = perf_counter()
    found = reading.verify_all([])
    assert found.is_whole
    return found.entries / (perf_counter() - began)
