"""What a transaction of reports writes, collected row by row and written table by table."""

import re
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from itertools import chain
from typing import Any

import msgspec
from sqlalchemy import Connection

from itops.checks.base import State
from itops.services.intake.driving import driver_cursor
from itops.services.intake.known import Known

SAMPLE = (
    "INSERT INTO health_sample (host_id, at_ms, taken_ms, sequence, digest, layout_id, figures)"
    " VALUES (?, ?, ?, ?, ?, ?, ?)"
)
STATE = (
    "INSERT INTO host_state (taken_at, stale_at, state, state_since_at, findings, streaks, latest,"
    " last_seen_at, host_id, farewell_reason) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, '')"
    " ON CONFLICT (host_id) DO UPDATE SET taken_at = excluded.taken_at,"
    " stale_at = excluded.stale_at, state = excluded.state,"
    " state_since_at = excluded.state_since_at, findings = excluded.findings,"
    " streaks = excluded.streaks, latest = excluded.latest, last_seen_at = excluded.last_seen_at,"
    " farewell_at = NULL, farewell_reason = ''"
)
SEEN = "UPDATE host_state SET last_seen_at = ? WHERE host_id = ?"
FAREWELL = "UPDATE host_state SET farewell_at = ?, farewell_reason = ? WHERE host_id = ?"
MEMORY = "UPDATE host_state SET streaks = ? WHERE host_id = ?"
SERVICES = "UPDATE host_state SET services = ? WHERE host_id = ?"
NEW_STATE = (
    "INSERT INTO host_state (host_id, state, findings, streaks, farewell_reason)"
    " VALUES (?, 'unknown', '[]', '{}', '')"
)
#: That a host fell silent may stand there already: the duty `silence` looks for it.
CHANGE = (
    "INSERT INTO state_change (host_id, at, old, new, findings) VALUES (?, ?, ?, ?, ?)"
    " ON CONFLICT (host_id, at, new) DO NOTHING"
)
SPOOL = (
    "INSERT INTO host_spool (host_id, spool, high_water, gaps) VALUES (?, ?, ?, ?)"
    " ON CONFLICT (host_id, spool)"
    " DO UPDATE SET high_water = excluded.high_water, gaps = excluded.gaps"
)
AGENT = "UPDATE host SET agent_version = ?, address = ? WHERE id = ?"
#: In this order: a state must be there before it is updated, and a farewell outlives a verdict.
ORDER = (NEW_STATE, SAMPLE, STATE, SEEN, FAREWELL, MEMORY, SERVICES, CHANGE, SPOOL, AGENT)

#: Many rows in one statement: with a statement a row, the driver lets go of the interpreter once
#: a row, and the writer stands in line behind every request that is being read.
SEVERAL_AT_ONCE = {SAMPLE, STATE, CHANGE, SPOOL}
MOST_ROWS = 128

Row = tuple[Any, ...]


def as_text(value: Any) -> str:
    """Return what is stored of plain objects in a JSON column."""
    return msgspec.json.encode(value).decode()


@dataclass(slots=True)
class Writes:
    """The rows of one transaction. What is said twice of one host is written once."""

    is_sqlite: bool
    rows: defaultdict[str, list[Row]] = field(default_factory=lambda: defaultdict(list))
    #: By host or spool: the newest word counts.
    newest: defaultdict[str, dict[Any, Row]] = field(default_factory=lambda: defaultdict(dict))

    def add(self, statement: str, row: Row) -> None:
        """Add one more row."""
        self.rows[statement].append(row)

    def put(self, statement: str, key: Any, row: Row) -> None:
        """Say what holds of `key` now, in place of what was said before."""
        self.newest[statement][key] = row

    def drop(self, statement: str, key: Any) -> None:
        """Take back what was said of `key`."""
        found = self.newest.get(statement)
        if found:
            found.pop(key, None)

    def change(self, host: Known, state: State, findings: str, *, at: float) -> None:
        """Add a change of state, and let the host be in the new one since then."""
        self.add(CHANGE, (host.id, self.moment(at), host.state.value, state.value, findings))
        host.state, host.since = state, at

    def moment(self, epoch: float | None) -> Any:
        """Return a moment as the driver takes it and as SQLAlchemy reads it back."""
        if epoch is None:
            return None
        return _text_of(epoch) if self.is_sqlite else _naive(epoch)

    def flush(self, connection: Connection) -> None:
        """Write everything."""
        with driver_cursor(connection) as cursor:
            self._flush(cursor)
        self.rows.clear()
        self.newest.clear()

    def _flush(self, cursor: Any) -> None:
        for statement in ORDER:
            rows = [*self.rows.get(statement, ()), *self.newest.get(statement, {}).values()]
            if not rows:
                continue
            if statement in SEVERAL_AT_ONCE:
                _write_together(cursor, statement, rows, is_sqlite=self.is_sqlite)
            else:
                cursor.executemany(_dialect(statement, self.is_sqlite), rows)


def _naive(epoch: float) -> datetime:
    return datetime.fromtimestamp(epoch, UTC).replace(tzinfo=None)


def _text_of(epoch: float) -> str:
    """Return a moment as text; most of those of one transaction share their second."""
    second, millionths = divmod(round(epoch * 1_000_000), 1_000_000)
    return f"{_second(second)}.{millionths:06d}"


@lru_cache(maxsize=4096)
def _second(epoch: int) -> str:
    return _naive(epoch).isoformat(" ")


def _write_together(cursor: Any, statement: str, rows: list[Row], *, is_sqlite: bool) -> None:
    """Write rows by as few statements as powers of two allow, so that the driver knows them."""
    start, size = 0, MOST_ROWS
    while start < len(rows):
        if len(rows) - start < size:
            size //= 2
            continue
        values = tuple(chain.from_iterable(rows[start : start + size]))
        cursor.execute(_for_rows(statement, size, is_sqlite), values)
        start += size


@lru_cache(maxsize=256)
def _for_rows(statement: str, count: int, is_sqlite: bool) -> str:  # noqa: FBT001 - cached
    """Return an INSERT of one row as one of `count` rows."""
    head, values, tail = re.split(r"(?<=VALUES )(\([^)]*\))", statement, maxsplit=1)
    return _dialect(f"{head}{', '.join([values] * count)}{tail}", is_sqlite)


@lru_cache(maxsize=512)
def _dialect(statement: str, is_sqlite: bool) -> str:  # noqa: FBT001 - cached
    return statement if is_sqlite else statement.replace("?", "%s")
