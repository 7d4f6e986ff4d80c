"""What a transaction of reports writes, collected row by row and written table by table."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import msgspec
from sqlalchemy import Connection

from itops.checks.base import State
from itops.services.intake.known import Known

SAMPLE = (
    "INSERT INTO health_sample"
    " (host_id, at_ms, taken_ms, sequence, digest, layout_id, figures) VALUES (?, ?, ?, ?, ?, ?, ?)"
)
STATE = (
    "UPDATE host_state SET taken_at = ?, stale_at = ?, state = ?, state_since_at = ?,"
    " findings = ?, streaks = ?, latest = ?, farewell_at = NULL, farewell_reason = '',"
    " last_seen_at = ? WHERE host_id = ?"
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

Row = tuple[Any, ...]


def as_text(value: Any) -> str:
    """Return what is stored of plain objects in a JSON column."""
    return msgspec.json.encode(value).decode()


@dataclass(slots=True)
class Writes:
    """The rows of one transaction. What is said twice of one host is written once."""

    is_sqlite: bool
    rows: dict[str, list[Row]] = field(default_factory=dict)
    #: By host or spool: the newest word counts.
    newest: dict[str, dict[Any, Row]] = field(default_factory=dict)

    def add(self, statement: str, row: Row) -> None:
        """Add one more row."""
        self.rows.setdefault(statement, []).append(row)

    def put(self, statement: str, key: Any, row: Row) -> None:
        """Say what holds of `key` now, in place of what was said before."""
        self.newest.setdefault(statement, {})[key] = row

    def drop(self, statement: str, key: Any) -> None:
        """Take back what was said of `key`."""
        self.newest.get(statement, {}).pop(key, None)

    def change(self, host: Known, state: State, findings: str, *, at: float) -> None:
        """Add a change of state, and let the host be in the new one since then."""
        self.add(CHANGE, (host.id, self.moment(at), host.state.value, state.value, findings))
        host.state, host.since = state, at

    def moment(self, epoch: float | None) -> Any:
        """Return a moment as the driver takes it and as SQLAlchemy reads it back."""
        return None if epoch is None else _moment(epoch, self.is_sqlite)

    def flush(self, connection: Connection) -> None:
        """Write everything."""
        for statement in ORDER:
            rows = [*self.rows.get(statement, ()), *self.newest.get(statement, {}).values()]
            if rows:
                sql = statement if self.is_sqlite else statement.replace("?", "%s")
                connection.exec_driver_sql(sql, rows)
        self.rows.clear()
        self.newest.clear()


@lru_cache(maxsize=20_000)
def _moment(epoch: float, is_text: bool) -> Any:  # noqa: FBT001 - an argument of a cached function
    naive = datetime.fromtimestamp(epoch, UTC).replace(tzinfo=None)
    return naive.isoformat(" ", "microseconds") if is_text else naive
