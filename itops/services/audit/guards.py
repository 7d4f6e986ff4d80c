"""Guards in the database itself: triggers that let nobody change or delete what the log says.

The one way out is retention's: entries up to an anchor may go, and an anchor may be set only on an
entry that is there and of which everything up to it is 184 days old, by the database's own clock.
"""

from collections.abc import Mapping
from types import MappingProxyType

from sqlalchemy import Connection, text

from itops.config import SHORTEST_EVIDENCE_DAYS
from itops.models.audit import GENESIS

CUT_ONLY = "the audit log is append-only: only what lies before an anchor may go"
NEVER = "the audit log is append-only: nothing in it is changed"
NO_ANCHOR = f"no anchor may be set here: all before it must be {SHORTEST_EVIDENCE_DAYS} days old"
NO_WAY_BACK = "the head of the audit log only moves on"

_LAST_ANCHOR = "(SELECT coalesce(max(position), 0) FROM audit_anchor)"
_NO_SUCH_ENTRY = (
    "NOT EXISTS (SELECT 1 FROM audit_entry WHERE id = NEW.position AND hash = NEW.hash)"
)
_IS_TOO_YOUNG = "EXISTS (SELECT 1 FROM audit_entry WHERE id <= NEW.position AND at > {oldest})"
_GOES_BACK = "NEW.position < OLD.position OR (NEW.position = OLD.position AND NEW.hash <> OLD.hash)"


def _sqlite(name: str, when: str, table: str, if_: str, why: str) -> str:
    condition = f" WHEN {if_}" if if_ else ""
    return (
        f"CREATE TRIGGER {name} BEFORE {when} ON {table}{condition}"
        f" BEGIN SELECT RAISE(ABORT, '{why}'); END"
    )


def _there(table: str) -> str:
    """Where a REPLACE would put its row over another; no delete trigger sees that."""
    return f"EXISTS (SELECT 1 FROM {table} WHERE id = NEW.id)"  # noqa: S608 - a name of ours


_OLDEST_IN_SQLITE = f"strftime('%Y-%m-%d %H:%M:%f', NEW.at, '-{SHORTEST_EVIDENCE_DAYS} days')"
_NO_ANCHOR_IN_SQLITE = (
    f"{_there('audit_anchor')} OR NEW.position <= {_LAST_ANCHOR} OR {_NO_SUCH_ENTRY}"
    " OR NEW.at > datetime('now', '+1 day')"
    f" OR {_IS_TOO_YOUNG.format(oldest=_OLDEST_IN_SQLITE)}"
)
#: (name, when, table, condition, what is said)
_IN_SQLITE = (
    ("audit_entry_insert", "INSERT", "audit_entry", _there("audit_entry"), NEVER),
    ("audit_entry_update", "UPDATE", "audit_entry", "", NEVER),
    ("audit_entry_delete", "DELETE", "audit_entry", f"OLD.id > {_LAST_ANCHOR}", CUT_ONLY),
    ("audit_anchor_update", "UPDATE", "audit_anchor", "", NEVER),
    ("audit_anchor_delete", "DELETE", "audit_anchor", "", NEVER),
    ("audit_anchor_insert", "INSERT", "audit_anchor", _NO_ANCHOR_IN_SQLITE, NO_ANCHOR),
    ("audit_head_insert", "INSERT", "audit_head", _there("audit_head"), NEVER),
    ("audit_head_update", "UPDATE", "audit_head", _GOES_BACK, NO_WAY_BACK),
    ("audit_head_delete", "DELETE", "audit_head", "", NEVER),
)


def _body(if_: str, why: str, answer: str) -> str:
    refusal = f"RAISE EXCEPTION '{why}' USING ERRCODE = 'restrict_violation';"
    guarded = f"IF {if_} THEN {refusal} END IF; RETURN {answer};" if if_ else refusal
    return f"BEGIN {guarded} END"


_OLDEST = f"NEW.at - interval '{SHORTEST_EVIDENCE_DAYS} days'"
#: (name, when, table, for each, body of the function)
_IN_POSTGRESQL = (
    ("audit_entry_update", "UPDATE", "audit_entry", "ROW", _body("", NEVER, "")),
    ("audit_entry_truncate", "TRUNCATE", "audit_entry", "STATEMENT", _body("", NEVER, "")),
    (
        "audit_entry_delete",
        "DELETE",
        "audit_entry",
        "ROW",
        _body(f"OLD.id > {_LAST_ANCHOR}", CUT_ONLY, "OLD"),
    ),
    ("audit_anchor_update", "UPDATE OR DELETE", "audit_anchor", "ROW", _body("", NEVER, "")),
    ("audit_anchor_truncate", "TRUNCATE", "audit_anchor", "STATEMENT", _body("", NEVER, "")),
    (
        "audit_anchor_insert",
        "INSERT",
        "audit_anchor",
        "ROW",
        _body(
            f"NEW.position <= {_LAST_ANCHOR} OR {_NO_SUCH_ENTRY}"
            f" OR NEW.at > (now() AT TIME ZONE 'UTC') + interval '1 day'"
            f" OR {_IS_TOO_YOUNG.format(oldest=_OLDEST)}",
            NO_ANCHOR,
            "NEW",
        ),
    ),
    ("audit_head_update", "UPDATE", "audit_head", "ROW", _body(_GOES_BACK, NO_WAY_BACK, "NEW")),
    ("audit_head_delete", "DELETE", "audit_head", "ROW", _body("", NEVER, "")),
    ("audit_head_truncate", "TRUNCATE", "audit_head", "STATEMENT", _body("", NEVER, "")),
)

#: Every guard's name, with the table on which it stands and its text as the database keeps it.
SQLITE: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        name: (table, _sqlite(name, when, table, if_, why))
        for name, when, table, if_, why in _IN_SQLITE
    }
)
POSTGRESQL: Mapping[str, tuple[str, str]] = MappingProxyType(
    {name: (table, body) for name, _when, table, _each, body in _IN_POSTGRESQL}
)
_MADE_IN_POSTGRESQL = tuple(
    (
        f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $${body}$$",
        f"CREATE TRIGGER {name} BEFORE {when} ON {table} FOR EACH {each} EXECUTE FUNCTION {name}()",
    )
    for name, when, table, each, body in _IN_POSTGRESQL
)
_DROPS_IN_SQLITE = tuple(f"DROP TRIGGER IF EXISTS {name}" for name in SQLITE)
_DROPS_IN_POSTGRESQL = tuple(
    f"DROP TRIGGER IF EXISTS {name} ON {table}" for name, (table, _body) in POSTGRESQL.items()
)


def settle(connection: Connection) -> None:
    """Put every guard where it belongs, and the head where the chain ends."""
    is_headless = connection.execute(text("SELECT 1 FROM audit_head")).first() is None
    if is_headless:
        connection.execute(text(_HEAD), {"genesis": GENESIS})
    names = missing(connection)
    if not names:
        return
    lift(connection)
    if connection.dialect.name == "sqlite":
        for _table, statement in SQLITE.values():
            connection.exec_driver_sql(statement)
        return
    for function, trigger in _MADE_IN_POSTGRESQL:
        connection.exec_driver_sql(function)
        connection.exec_driver_sql(trigger)


def lift(connection: Connection) -> None:
    """Take the guards away, for who rebuilds the tables; `settle` puts them back."""
    is_sqlite = connection.dialect.name == "sqlite"
    for statement in _DROPS_IN_SQLITE if is_sqlite else _DROPS_IN_POSTGRESQL:
        connection.exec_driver_sql(statement)


def missing(connection: Connection) -> list[str]:
    """Return the guards that are not there, or not as we made them."""
    is_sqlite = connection.dialect.name == "sqlite"
    wanted = SQLITE if is_sqlite else POSTGRESQL
    rows = connection.execute(text(_THERE_IN_SQLITE if is_sqlite else _THERE_IN_POSTGRESQL))
    there = {name: (table, content) for name, table, content in rows}
    return sorted(name for name, guard in wanted.items() if there.get(name) != guard)


_HEAD = """
INSERT INTO audit_head (id, position, hash, algorithm)
SELECT 1, coalesce(max(position), 0),
       coalesce((SELECT hash FROM audit_entry ORDER BY id DESC LIMIT 1),
                (SELECT hash FROM audit_anchor ORDER BY id DESC LIMIT 1), :genesis),
       coalesce((SELECT algorithm FROM audit_entry ORDER BY id DESC LIMIT 1), 'sha256')
FROM (SELECT max(id) AS position FROM audit_entry
      UNION ALL SELECT max(position) FROM audit_anchor) AS ends
"""
_THERE_IN_SQLITE = "SELECT name, tbl_name, sql FROM sqlite_master WHERE type = 'trigger'"
_THERE_IN_POSTGRESQL = """
SELECT t.tgname, c.relname, p.prosrc FROM pg_trigger t
JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_proc p ON p.oid = t.tgfoid
WHERE NOT t.tgisinternal AND t.tgenabled <> 'D' AND p.proname = t.tgname
  AND pg_table_is_visible(c.oid)
"""
