"""Antivirus updates as the agents see them: how old the signatures of a machine are."""

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import select

from itops.checks.base import State
from itops.checks.host_limits import DAY, DEFAULTS, HostLimits
from itops.db import db
from itops.errors import Message
from itops.models import Enrolment, Host, HostState, Inventory
from itops.services.maintenance.verdict import Verdict

#: An inventory that is older says nothing about the present; agents send one a day.
INVENTORY_LASTS = timedelta(days=3)
#: A clock may be off by so much; what lies further ahead is no date.
FUTURE_SECONDS = DAY
#: What the newest inventory said: product, whether it is on, the time of its signatures.
Known = Sequence[tuple[str, bool | None, float | None]]


def look(assets: Collection[int], *, at: datetime) -> dict[int, Verdict]:
    """Return what the agents say of each asset. One query."""
    rows = db.session.execute(
        select(Host.asset_id, HostState.streaks, Inventory.taken_at)
        .join(HostState, HostState.host_id == Host.id)
        .outerjoin(Inventory, Inventory.host_id == Host.id)
        .where(
            Host.asset_id.in_(assets),
            Host.enrolment == Enrolment.APPROVED,
            Host.merged_into_id.is_(None),
            Host.quarantined_at.is_(None),
        )
    )
    found = {
        asset_id: judge(memory.get("antivirus"), taken_at, at=at)
        for asset_id, memory, taken_at in rows
    }
    nobody = Verdict(State.UNKNOWN, Message("evidence.antivirus.no_agent"))
    return {asset: found.get(asset, nobody) for asset in assets}


def judge(
    known: Known | None,
    taken_at: datetime | None,
    *,
    at: datetime,
    limits: HostLimits = DEFAULTS,
) -> Verdict:
    """Given what an inventory told, return what it proves at a moment. Pure."""
    if known is None or taken_at is None:
        return Verdict(State.UNKNOWN, Message("evidence.antivirus.not_known"))
    if at - taken_at > INVENTORY_LASTS:
        days = (at - taken_at).days
        words = Message("evidence.antivirus.inventory_old", {"n": days})
        return Verdict(State.UNKNOWN, words, seen_at=taken_at)
    running = [(product, signed) for product, enabled, signed in known if enabled is not False]
    if not running:
        key = "evidence.antivirus.off" if known else "evidence.antivirus.missing"
        return Verdict(State.CRITICAL, Message(key), seen_at=taken_at)
    verdicts = [_of_product(product, signed, taken_at, at, limits) for product, signed in running]
    worst = State.worst(*(one.state for one in verdicts))
    return next(one for one in verdicts if one.state is worst)


def _of_product(
    product: str, signed: float | None, taken_at: datetime, at: datetime, limits: HostLimits
) -> Verdict:
    if signed is None or signed - at.timestamp() > FUTURE_SECONDS:
        words = Message("evidence.antivirus.age_not_known", {"product": product})
        return Verdict(State.UNKNOWN, words, seen_at=taken_at)
    age = max(0.0, at.timestamp() - signed)
    state = limits.antivirus_age.limits.grade(age)
    key = "evidence.antivirus.fresh" if state is State.OK else "evidence.antivirus.old"
    words = Message(key, {"product": product, "n": int(age // DAY)})
    return Verdict(state, words, _facts(product, signed, taken_at, limits), taken_at)


def _facts(
    product: str, signed: float, taken_at: datetime, limits: HostLimits
) -> Mapping[str, Any]:
    return {
        "product": product,
        "signature_at": datetime.fromtimestamp(signed, UTC).isoformat(),
        "inventory_at": taken_at.isoformat(),
        "limit_days": (limits.antivirus_age.limits.warning or 0) / DAY,
    }
