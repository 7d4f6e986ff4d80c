"""What tests of history share: an app on either database, and reports as rows."""

import struct
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from math import nan

import pytest
from flask import Flask

from itops.db import db
from itops.models import HealthSample, Host
from itops.services.history import packing
from itops.services.history.layouts import layout_for
from tests import factories

NOON = datetime(2026, 9, 4, 12, 0, tzinfo=UTC)
KEEP = timedelta(hours=6)


@pytest.fixture
def host(any_app: Flask) -> Host:
    made = factories.host()
    db.session.commit()
    return made


def add_rows(
    host: Host,
    start: datetime,
    columns: Mapping[str, Sequence[float | None]],
    *,
    every_seconds: float = 60,
) -> None:
    """Write reports' rows as the intake does, one for each place of the columns."""
    layout_id = layout_for(db.session.connection(), list(columns))
    for number, figures in enumerate(zip(*columns.values(), strict=True)):
        at_ms = int((start.timestamp() + number * every_seconds) * 1000)
        doubles = [nan if figure is None else figure for figure in figures]
        db.session.add(
            HealthSample(
                host_id=host.id,
                at_ms=at_ms,
                taken_ms=at_ms,
                sequence=at_ms,
                digest=b"12345678",
                layout_id=layout_id,
                figures=struct.pack(f"<{len(doubles)}d", *doubles),
            )
        )
    db.session.commit()


def pack_all(at: datetime) -> int:
    """Pack what is due at `at` as the engine does, committing after each; return how many."""
    windows = 0
    for _ in packing.pack(at=at, keep=KEEP):
        db.session.commit()
        windows += 1
    return windows
