"""How often an address may do what anybody may do: counted in rows, so by all processes alike."""

from datetime import datetime, timedelta

from sqlalchemy import case
from sqlalchemy.dialects import postgresql, sqlite

from itops.db import db
from itops.errors import Refused
from itops.models import PublicCount

#: A ward stands behind one address: it is slowed down when nobody could type as much.
WINDOW = timedelta(minutes=10)
EPOCH = datetime.fromisoformat("2020-01-01T00:00:00+00:00")


class TooOften(Refused):
    """So often in so short a time; `seconds` says when it goes on."""

    seconds = 0


def count(what: str, *, most: int, at: datetime) -> None:
    """Count one more of `what` ("report 10.1.2.3"). Raise TooOften beyond `most` in ten minutes."""
    if tally(what, most=most, at=at) > most:
        left = int((_since(at) + WINDOW - at).total_seconds())
        error = TooOften("public.too_often", n=left // 60 + 1)
        error.seconds = left + 1
        raise error


def tally(what: str, *, most: int, at: datetime) -> int:
    """Count one more of `what`; return how many there were in these ten minutes, or `most` + 1."""
    since = _since(at)
    row = _insert().values(what=what[:90], since_at=since, ends_at=since + WINDOW, count=1)
    # It stops growing, so that no flood makes it overflow.
    grown = case((PublicCount.count <= most, PublicCount.count + 1), else_=PublicCount.count)
    row = row.on_conflict_do_update(index_elements=["what", "since_at"], set_={"count": grown})
    return db.session.scalars(row.returning(PublicCount.count)).one()


def _since(at: datetime) -> datetime:
    return EPOCH + (at - EPOCH) // WINDOW * WINDOW


def _insert() -> postgresql.Insert | sqlite.Insert:
    is_postgresql = db.session.connection().dialect.name == "postgresql"
    return postgresql.insert(PublicCount) if is_postgresql else sqlite.insert(PublicCount)
