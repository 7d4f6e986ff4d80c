"""Deciding about the keys of machines: a person compares the fingerprint, then says whose it is."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Select, func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import joinedload

from itops.db import db
from itops.errors import Conflict
from itops.models import Asset, Check, HostKey, HostKeyState
from itops.services import auditing
from itops.services.auditing import Actor
from itops.services.engine import waking
from itops.services.scoping import Within


def approve(key: HostKey, *, by: Actor, at: datetime) -> None:
    """Know the machine by this key from now on; one that was approved before is replaced.

    The machine's checks are carried out at once.
    """
    replaced = approved_for(key)
    if replaced is not None and replaced is not key:
        replaced.move_to(HostKeyState.REPLACED, by=by.name, at=at)
        db.session.flush()
    key.move_to(HostKeyState.APPROVED, by=by.name, at=at)
    try:
        db.session.flush()
    except IntegrityError:
        raise Conflict("host_key.decided_meanwhile") from None
    before = {"fingerprint": replaced.fingerprint} if replaced else None
    after = {"fingerprint": key.fingerprint, "address": key.address, "port": key.port}
    auditing.record("host_key.approved", key, by=by, at=at, before=before, after=after)
    _look_again(key, at=at)


def reject(key: HostKey, *, by: Actor, at: datetime) -> None:
    """Say that this is not the machine's key: nothing is sent to whoever shows it."""
    key.move_to(HostKeyState.REJECTED, by=by.name, at=at)
    after = {"fingerprint": key.fingerprint, "address": key.address, "port": key.port}
    auditing.record("host_key.rejected", key, by=by, at=at, after=after)
    _look_again(key, at=at)


def approved_for(key: HostKey) -> HostKey | None:
    """Return the key by which the same machine is known now, if there is one."""
    return db.session.scalar(
        select(HostKey).where(
            HostKey.address == key.address,
            HostKey.port == key.port,
            HostKey.state == HostKeyState.APPROVED,
        )
    )


def listed(within: Within, state: HostKeyState, *, limit: int = 200) -> Sequence[HostKey]:
    """Return keys in a state that somebody may decide about, those met last first."""
    statement = (
        select(HostKey)
        .where(HostKey.state == state)
        .options(joinedload(HostKey.site))
        .order_by(HostKey.seen_at.desc(), HostKey.id.desc())
        .limit(limit)
    )
    if not within.everywhere:
        statement = statement.where(HostKey.site_id.in_(within.site_ids))
    return db.session.scalars(statement).all()


def waiting(within: ColumnElement[bool]) -> Select[int]:
    """Return the count of keys that wait for somebody."""
    return select(func.count(HostKey.id)).where(HostKey.state == HostKeyState.PENDING, within)


def waiting_for(address: str, port: int) -> Sequence[HostKey]:
    """Return the pending keys of a machine."""
    return db.session.scalars(
        select(HostKey).where(
            HostKey.address == address,
            HostKey.port == port,
            HostKey.state == HostKeyState.PENDING,
        )
    ).all()


def checks_of(key: HostKey) -> Sequence[Check]:
    """Return the checks that ask the machine of a key."""
    by_asset = select(Asset.id).where(Asset.ip_address == key.address)
    return db.session.scalars(
        select(Check)
        .where(
            Check.port == key.port,
            (Check.address == key.address) | ((Check.address == "") & Check.asset_id.in_(by_asset)),
        )
        .options(joinedload(Check.asset))
        .order_by(Check.name, Check.id)
        .limit(50)
    ).all()


def _look_again(key: HostKey, *, at: datetime) -> None:
    ids = [check.id for check in checks_of(key) if check.is_enabled]
    if ids:
        db.session.execute(
            update(Check).where(Check.id.in_(ids)).values(due_at=at, asked_at=at),
            execution_options={"synchronize_session": False},
        )
        waking.wake()
