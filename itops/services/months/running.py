"""Availability of modules in a month, and the outages that it is made of."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from itops.checks.base import State
from itops.db import db
from itops.errors import Message
from itops.models import ModuleStateChange, SystemModule
from itops.services.modules.availability import Availability, availability
from itops.services.months.period import Look


@dataclass(frozen=True)
class ModuleLine:
    """A module and for how much of the month it worked."""

    module: SystemModule
    figures: Availability


@dataclass(frozen=True)
class Outage:
    """A stretch in which a module was down, cut to the month; without an end while it lasts."""

    module: SystemModule
    began_at: datetime
    ended_at: datetime | None
    seconds: float
    reason: Message | None


def lines(look: Look) -> list[ModuleLine]:
    """Return the modules in use, the one that was down for longest first. Three queries."""
    modules = _modules(look)
    found = availability([module.id for module in modules], look.start, look.until)
    made = [ModuleLine(module, found[module.id]) for module in modules]
    return sorted(made, key=lambda line: (-line.figures.down_seconds, line.module.code))


def outages(look: Look, module_id: int | None = None) -> list[Outage]:
    """Return the outages of the month, of one module or of all, in the order of their beginning.

    One that began earlier begins with the month. Two queries.
    """
    modules = {m.id: m for m in _modules(look) if module_id in {None, m.id}}
    last = (
        select(func.max(ModuleStateChange.id))
        .where(ModuleStateChange.module_id.in_(modules), ModuleStateChange.at <= look.start)
        .group_by(ModuleStateChange.module_id)
    )
    changes = db.session.scalars(
        select(ModuleStateChange)
        .where(
            ModuleStateChange.module_id.in_(modules),
            ModuleStateChange.id.in_(last)
            | (ModuleStateChange.at > look.start) & (ModuleStateChange.at < look.until),
        )
        .order_by(ModuleStateChange.module_id, ModuleStateChange.at, ModuleStateChange.id)
    ).all()
    found = []
    for place, change in enumerate(changes):
        if change.new is not State.CRITICAL:
            continue
        after = changes[place + 1] if place + 1 < len(changes) else None
        ended_at = after.at if after and after.module_id == change.module_id else None
        found.append(_outage(modules[change.module_id], change, ended_at, look))
    return sorted(found, key=lambda outage: (outage.began_at, outage.module.id))


def _outage(
    module: SystemModule, change: ModuleStateChange, ended_at: datetime | None, look: Look
) -> Outage:
    began_at = max(change.at, look.start)
    seconds = ((ended_at or look.until) - began_at).total_seconds()
    reason = Message.from_json(change.reasons[0]["message"]) if change.reasons else None
    return Outage(module, began_at, ended_at, seconds, reason)


def _modules(look: Look) -> Sequence[SystemModule]:
    return db.session.scalars(
        select(SystemModule).where(
            look.within(SystemModule), SystemModule.is_in_use, SystemModule.created_at < look.end
        )
    ).all()
