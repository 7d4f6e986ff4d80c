"""Silence: a host whose word is no longer good changes its state, though it says nothing."""

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import ColumnElement, and_, bindparam, exists, insert, literal, select
from sqlalchemy.dialects import postgresql, sqlite

from itops.checks.base import Finding, State
from itops.config import Settings
from itops.db import db
from itops.errors import Message
from itops.models import HostState, StateChange
from itops.services.hosts.standing import is_silent

#: What a timeline says of it.
SILENT = [Finding("silence", State.UNKNOWN, Message("host_state.silent")).as_json()]


def note_silence(at: datetime, _settings: Settings) -> Iterator[None]:
    """Write the change of every host that has fallen silent, as of the moment it did."""
    note(at=at)
    yield


def note(*, at: datetime) -> None:
    """Write what is not written yet. The report that ends a silence writes the same row."""
    known = exists().where(
        StateChange.host_id == HostState.host_id,
        StateChange.at == HostState.stale_at,
        StateChange.new == State.UNKNOWN,
    )
    fallen = select(
        HostState.host_id,
        HostState.stale_at,
        HostState.state,
        literal(State.UNKNOWN, StateChange.new.type),
        bindparam("findings", SILENT, StateChange.findings.type),
    ).where(_lost_its_word(at), ~known)
    columns = ["host_id", "at", "old", "new", "findings"]
    dialect = sqlite if db.engine.dialect.name == "sqlite" else postgresql
    db.session.execute(
        dialect.insert(StateChange).from_select(columns, fallen).on_conflict_do_nothing()
    )


def note_return(host_ids: list[int], *, at: datetime) -> None:
    """Write that these hosts are heard again, those of them that were silent."""
    note(at=at)
    back = select(
        HostState.host_id,
        literal(at, StateChange.at.type),
        literal(State.UNKNOWN, StateChange.old.type),
        HostState.state,
        HostState.findings,
    ).where(_lost_its_word(at), HostState.host_id.in_(host_ids))
    columns = ["host_id", "at", "old", "new", "findings"]
    db.session.execute(insert(StateChange).from_select(columns, back))


def _lost_its_word(at: datetime) -> ColumnElement[bool]:
    """Whether a host is silent whose last verdict said something."""
    return and_(is_silent(HostState, at), HostState.state != State.UNKNOWN)
