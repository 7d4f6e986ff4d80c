"""Modules with and without a proven backup, as they stood at the month's end."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from itops.db import db
from itops.models import SystemModule
from itops.services import proof
from itops.services.months.period import Look
from itops.services.proof import Proof


@dataclass(frozen=True)
class ModuleProof:
    """What is known of a module's backups at the month's end; `tested_at` is the oldest test."""

    module: SystemModule
    proof: Proof
    tested_at: datetime | None


def proofs(look: Look) -> list[ModuleProof]:
    """Return what each module's backups were worth at the end of the month. Five queries."""
    modules = db.session.scalars(
        select(SystemModule)
        .where(
            look.within(SystemModule), SystemModule.is_in_use, SystemModule.created_at < look.end
        )
        .order_by(SystemModule.code, SystemModule.id)
    ).all()
    found = proof.of_modules([module.id for module in modules], at=look.until)
    return [
        ModuleProof(module, found[module.id].proof, found[module.id].tested_at)
        for module in modules
    ]
