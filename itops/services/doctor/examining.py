"""What is wrong with this installation, what it means, and how to mend it."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import func, or_, select
from sqlalchemy.exc import SQLAlchemyError

from itops.checks.base import BOARD_ORDER, State
from itops.config import Settings
from itops.db import db
from itops.models import Enrolment, Host, HostState, Role, RoleGrant, User
from itops.services.doctor import audit as doctor_audit
from itops.services.doctor import copies as doctor_copies
from itops.services.doctor import database as doctor_database
from itops.services.doctor import safety as doctor_safety
from itops.services.doctor import work as doctor_work
from itops.services.doctor.findings import Finding, found
from itops.services.secrets import sealed_rows, sealing
from itops.services.users import admin_addresses, reviewing, three_administrators

#: Reports from so far ahead mean that this machine's clock was put back.
AHEAD = timedelta(minutes=5)


def examine(settings: Settings, *, at: datetime, thoroughly: bool) -> list[Finding]:
    """Return what was looked at, worst first. `thoroughly` also reads the whole database."""
    checks: list[Callable[[], Iterable[Finding]]] = [
        lambda: doctor_database.examine(settings, thoroughly=thoroughly),
        lambda: doctor_safety.examine(settings),
        lambda: _clock(ZoneInfo(settings.time_zone), at=at),
        lambda: doctor_work.examine(at=at),
        lambda: doctor_audit.examine(at=at),
        lambda: doctor_copies.examine(at=at),
        lambda: _agents(at=at),
        lambda: _administrators(at=at),
        lambda: _admin_networks(settings.admin_networks, at=at),
        _secrets,
        lambda: _retention(settings),
    ]
    findings = [finding for check in checks for finding in _carefully(check)]
    return sorted(findings, key=lambda finding: BOARD_ORDER.index(finding.state))


def _carefully(check: Callable[[], Iterable[Finding]]) -> list[Finding]:
    """Return a check's findings; without its table or database it can't say anything."""
    try:
        return list(check())
    except SQLAlchemyError:
        db.session.rollback()
        return []


def _clock(zone: ZoneInfo, *, at: datetime) -> Iterator[Finding]:
    newest = db.session.scalar(select(func.max(HostState.last_seen_at)))
    is_behind = newest is not None and newest > at + AHEAD
    yield found(
        "clock",
        State.CRITICAL if is_behind else State.OK,
        now=f"{at.astimezone(zone):%Y-%m-%d %H:%M:%S}",
        zone=zone.key,
    )


def _agents(*, at: datetime) -> Iterator[Finding]:
    live = (
        select(func.count())
        .select_from(Host)
        .join(HostState, HostState.host_id == Host.id)
        .where(Host.enrolment == Enrolment.APPROVED, Host.merged_into_id.is_(None), ~Host.is_demo)
    )
    silent = live.where(HostState.stale_at <= at, HostState.farewell_at.is_(None))
    total, quiet = _count(live), _count(silent)
    waiting = _count(
        select(func.count()).select_from(Host).where(Host.enrolment == Enrolment.PENDING)
    )
    yield found("agents", State.WARNING if quiet else State.OK, n=quiet, total=total)
    if waiting:
        yield found("agents_waiting", State.WARNING, n=waiting)


def _administrators(*, at: datetime) -> Iterator[Finding]:
    able = _count(
        select(func.count(func.distinct(User.id)))
        .join(RoleGrant)
        .where(
            RoleGrant.role == Role.SYSTEM_ADMIN,
            RoleGrant.site_id.is_(None),
            or_(RoleGrant.ends_at.is_(None), RoleGrant.ends_at > at),
            User.is_enabled,
            User.password_hash != "",
            ~User.is_demo,
        )
    )
    if reviewing.is_due(at=at):
        yield found("access_review", State.WARNING)
    if three_administrators.is_on():
        three = three_administrators.standing(at=at)
        wrong = State.WARNING if three.mixed or three.vacant else State.OK
        names = [user.login for user in three.mixed]
        yield found("three_administrators", wrong, vacant=len(three.vacant), people=names)
    if able:
        yield found("administrators", State.OK if able > 1 else State.WARNING, n=able)
    else:
        yield found("no_administrator", State.CRITICAL)


def _admin_networks(networks: Sequence[str], *, at: datetime) -> Iterator[Finding]:
    """Say whether an administrator is signed in from where the role does not hold."""
    if networks:
        away = admin_addresses.outside(networks, at=at)
        state = State.WARNING if away else State.OK
        yield found("admin_networks", state, networks=networks, addresses=away)


def _secrets() -> Iterator[Finding]:
    """Say whether the keys are here with which stored secrets are sealed."""
    here = {key.id.hex() for key in sealing.keyring().there()}
    by_key = sealed_rows.by_key()
    lost = sum(count for key, count in by_key.items() if key not in here)
    n = lost or sum(by_key.values())
    if not n:
        yield found("secrets_none", State.OK)
        return
    yield found("secrets", State.CRITICAL if lost else State.OK, n=n)


def _retention(settings: Settings) -> Iterator[Finding]:
    yield found(
        "retention",
        State.OK,
        samples=settings.keep_samples_days,
        hours=settings.keep_hours_days,
        audit=settings.keep_audit_days,
    )


def _count(statement: Any) -> int:
    return int(db.session.scalars(statement).one())
