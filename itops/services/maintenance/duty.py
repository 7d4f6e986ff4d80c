"""What maintenance does by itself: it makes orders ahead, and looks for what proves them."""

from datetime import datetime
from zoneinfo import ZoneInfo

from itops.config import Settings
from itops.services.engine.duty_rows import Pieces
from itops.services.maintenance import evidence, making
from itops.services.maintenance.days import Now


def make_orders(at: datetime, settings: Settings) -> Pieces:
    """Make every order whose day has come."""
    return making.make_due(Now(at, ZoneInfo(settings.time_zone)))


def look_for_proof(at: datetime, settings: Settings) -> Pieces:
    """Close what machines prove, and raise what they speak against."""
    now = Now(at, ZoneInfo(settings.time_zone))
    after: int | None = 0
    while after is not None:
        after = evidence.prove_all(now, after=after)
        yield
    evidence.doubt_all(now)
    yield
