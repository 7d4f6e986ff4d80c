"""Measure history on replayed reports: python -m tests.bench.history [HOSTS DAYS [URL]].

The reports in tests/samples/reports were recorded every 5 seconds (tests/bench/record.py); here
each stands for a minute. Every host replays all of them again and again from a place of its own.
Their number is prime, so that neither a block nor a slot of a roll-up meets the same run of
reports twice at the same place. Reports arrive host by host, minute by minute; once an hour of
replayed time the packing runs, as it does in the product.
"""

import gzip
import json
import struct
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from time import perf_counter

from sqlalchemy import func, insert, select, text

from itops import create_app
from itops.checks.metrics import metrics_of_report
from itops.config import Settings
from itops.db import db
from itops.models import HealthSample, HistoryBlock
from itops.services.history import packing
from itops.services.history.layouts import layout_for
from itops.services.history.reading import STORE, read_series
from itops.services.history.writing import Aggregates, write_block
from itops.services.upgrading import upgrade
from tests import factories

REPORTS = Path(__file__).parent.parent / "samples" / "reports" / "debian-12-busy-vm.jsonl.gz"
START = datetime(2026, 3, 2, tzinfo=UTC)
KEEP = timedelta(hours=6)
METRIC = "cpu.percent"


def measure(*, hosts: int = 50, days: int = 7, database_url: str = "") -> dict[str, float]:
    """Return the figures of SPEED.md's history, by name."""
    figures = recorded()
    with fresh_app(database_url):
        host_ids = make_hosts(hosts)
        replay(figures, host_ids, days)
        raw = hosts * days * 1440 * len(figures[0])
        end = START + timedelta(days=days)
        return {
            "history_raw_samples": raw,
            "history_packed_bytes_per_sample": packed_bytes() / packed_samples(raw),
            "history_bytes_per_raw_sample": database_bytes() / raw,
            "history_week_store_ms": week_from_the_store(host_ids, end),
            "history_week_series_ms": timed(
                lambda: read_series(host_ids[0], METRIC, end - timedelta(days=7), end, 60)
            ),
            "history_year_series_ms": year(host_ids[-1], figures),
        }


def recorded() -> list[dict[str, float]]:
    """Return the figures of every recorded report."""
    lines = gzip.decompress(REPORTS.read_bytes()).decode().splitlines()
    return [metrics_of_report(json.loads(line)) for line in lines]


@contextmanager
def fresh_app(database_url: str) -> Iterator[None]:
    """Give an app context on a new database."""
    with tempfile.TemporaryDirectory() as folder:
        app = create_app(Settings(data_dir=Path(folder), database_url=database_url))
        with app.app_context():
            upgrade(db.engine)
            yield
            db.session.remove()
            db.engine.dispose()


def make_hosts(count: int) -> list[int]:
    ids = [factories.host().id for _ in range(count)]
    db.session.commit()
    return ids


def replay(figures: list[dict[str, float]], host_ids: list[int], days: int) -> None:
    """Store the reports of `days` as the intake does, and pack once an hour."""
    for hour in range(days * 24):
        start = START + timedelta(hours=hour)
        add_hour(figures, host_ids, start, hour * 60)
        for _ in packing.pack(at=start + timedelta(hours=1), keep=KEEP):
            db.session.commit()
        vacuum()


def vacuum() -> None:
    """Do what PostgreSQL's autovacuum does when the hours are real ones.

    Each hour a tenth of the rows goes: models/history.py tells it to come at a twentieth.
    """
    if db.engine.dialect.name == "postgresql":
        with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM health_sample, history_block"))


def add_hour(
    figures: list[dict[str, float]], host_ids: list[int], start: datetime, minute: int
) -> None:
    names = list(figures[0])
    layout_id = layout_for(db.session.connection(), names)
    doubles = struct.Struct(f"<{len(names)}d")
    stride = len(figures) // len(host_ids) + 1
    rows = []
    for passed in range(60):
        for place, host_id in enumerate(host_ids):
            report = figures[(minute + passed + place * stride) % len(figures)]
            at_ms = int(start.timestamp() + passed * 60) * 1000 + 137 * place
            rows.append(
                {
                    "host_id": host_id,
                    "at_ms": at_ms,
                    "taken_ms": at_ms,
                    "sequence": minute + passed + 1,
                    "digest": at_ms.to_bytes(8, "little"),
                    "layout_id": layout_id,
                    "figures": doubles.pack(*(report[name] for name in names)),
                }
            )
    db.session.connection().execute(insert(HealthSample), rows)
    db.session.commit()


def packed_bytes() -> int:
    sizes = select(func.sum(func.length(HistoryBlock.data)))
    return db.session.scalar(sizes.where(HistoryBlock.step_seconds == 60)) or 0


def packed_samples(raw: int) -> float:
    """Return how many samples are packed: all that stand in no row any more."""
    rows = db.session.scalar(select(func.count()).select_from(HealthSample)) or 0
    names = db.session.scalar(select(func.max(func.length(HealthSample.figures)))) or 0
    return raw - rows * names / 8


def database_bytes() -> int:
    """Return what history takes on disk, its indexes, free pages and dead rows included."""
    connection = db.session.connection()
    if connection.dialect.name == "sqlite":
        pages = connection.scalar(text("PRAGMA page_count"))
        return int(pages) * int(connection.scalar(text("PRAGMA page_size")))
    tables = ("health_sample", "history_block", "metric_layout")
    return sum(
        int(connection.scalar(text(f"SELECT pg_total_relation_size('{table}')")))
        for table in tables
    )


def week_from_the_store(host_ids: list[int], end: datetime) -> float:
    last = int(end.timestamp())
    return timed(lambda: STORE.points([host_ids[0]], METRIC, 60, (last - 7 * 86400, last)))


def year(host_id: int, figures: list[dict[str, float]]) -> float:
    """Return the milliseconds for a year of hours, beside all the other metrics of the host."""
    hours = 365 * 24
    columns = {}
    for name in figures[0]:
        values = [figures[hour % len(figures)][name] for hour in range(hours)]
        columns[name] = Aggregates([v * 0.8 for v in values], values, [v * 1.2 for v in values])
    begin = START - timedelta(days=365)
    write_block(host_id, 3600, int(begin.timestamp()), columns)
    db.session.commit()
    return timed(lambda: read_series(host_id, METRIC, begin, START))


def timed(act: Callable[[], object], *, times: int = 31) -> float:
    """Return the median of milliseconds, warm."""
    took = []
    for _ in range(times + 3):
        began = perf_counter()
        act()
        took.append((perf_counter() - began) * 1000)
    return median(took[3:])


if __name__ == "__main__":
    given = [int(word) for word in sys.argv[1:3]]
    hosts, days = given if len(given) == 2 else (50, 7)
    url = sys.argv[3] if len(sys.argv) > 3 else ""
    print(json.dumps(measure(hosts=hosts, days=days, database_url=url), indent=1))  # noqa: T201 - its answer
