"""How long a hospital is without its data once its disk is gone: 10 minutes for 1 GB at most."""

import time
from pathlib import Path

import pytest
from sqlalchemy import text

from itops.clock import utcnow
from itops.db import db
from itops.models import MetricLayout
from itops.services.archives import making
from tests import factories
from tests.faults.serving import Server
from tests.faults.test_own_backup import timed

pytestmark = [pytest.mark.both_databases, pytest.mark.faults, pytest.mark.slow]
MOST_SECONDS = 600
MEGABYTES = 1000
#: A row takes about a kilobyte, of which 960 bytes are figures.
FILL = {
    "sqlite": """
        WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < :rows)
        INSERT INTO health_sample
            (host_id, at_ms, taken_ms, sequence, digest, layout_id, figures)
        SELECT :host, n, n, n, randomblob(8), :layout, randomblob(960) FROM n
    """,
    # Sixteen random bytes a piece, as PostgreSQL makes them without an extension.
    "postgresql": """
        INSERT INTO health_sample
            (host_id, at_ms, taken_ms, sequence, digest, layout_id, figures)
        SELECT :host, n, n, n, substring(uuid_send(gen_random_uuid()), 1, 8), :layout,
            (SELECT string_agg(uuid_send(gen_random_uuid()), '')
             FROM generate_series(1, 60) WHERE n = n)
        FROM generate_series(1, :rows) AS n
    """,
}


def fill(megabytes):
    """Add so much that no compression makes smaller."""
    host, layout = factories.host().id, MetricLayout(digest="n" * 64, names=["noise"])
    db.session.add(layout)
    db.session.commit()
    values = {"host": host, "layout": layout.id, "rows": megabytes * 1000}
    db.session.execute(text(FILL[db.engine.dialect.name]), values)
    db.session.commit()


def test_a_gigabyte_is_served_again_ten_minutes_after_its_disk_is_gone(
    any_app, elsewhere, tmp_path, full, record_property
):
    megabytes = full(MEGABYTES)
    fill(megabytes)
    archive = tmp_path / "copy.zip"
    making.make(any_app.config["ITOPS"], archive, at=utcnow())
    assert archive.stat().st_size > megabytes * 900_000
    restored = timed(archive, elsewhere, tmp_path)
    began = time.monotonic()
    server = Server(folder_of(elsewhere, tmp_path), elsewhere)
    server.start()
    started = time.monotonic() - began
    server.stop()
    seconds = restored * MEGABYTES / megabytes + started
    record_property("rto_seconds_for_1_gb", round(seconds))
    print(f"1 GB is served again after {seconds:.0f} s")  # noqa: T201 - the figure of this test
    assert seconds < MOST_SECONDS


def folder_of(url, tmp_path):
    """Return a folder for the server: beside its database, or an empty one."""
    folder = Path(url.removeprefix("sqlite:///")).parent
    return folder if url.startswith("sqlite") else tmp_path
