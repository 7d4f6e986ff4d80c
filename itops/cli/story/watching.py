"""What looks after the story's hospital: checks, the nightly backup, and duties."""

from pathlib import Path
from typing import Any

from flask import current_app
from sqlalchemy import select

from itops.cli.story.cast import (
    ENGINEER,
    EVERYWHERE,
    STORY,
    Addresses,
    World,
    by,
    now,
)
from itops.cli.story.installation import acting
from itops.cli.story.laboratory import SAMPLES
from itops.cli.story.machines import UPS_NAME
from itops.config import Settings
from itops.db import db
from itops.models import (
    Asset,
    Check,
    Counts,
    MaintenancePlan,
    Site,
    SystemModule,
    User,
)
from itops.services.backups import facts as backup_facts
from itops.services.backups import register as backup_register
from itops.services.checking import register
from itops.services.checking.facts import CheckFacts
from itops.services.maintenance import making, planning
from itops.services.maintenance.plan_facts import PlanFacts
from itops.services.maintenance.recurrence import from_start
from itops.services.maintenance.templates import TEMPLATES, Target

#: From these sizes on the interface's log is a warning, and critical.
LOG_LIMITS = (2_000_000, 4_000_000)
LOG_NAME = "interface.log"


def _check(kind: str, name: str, **given: Any) -> Check:
    usual: dict[str, Any] = {
        "asset_id": None,
        "module_id": None,
        "site_id": None,
        "address": "127.0.0.1",
        "port": 22,
        "credential_id": None,
        "limits": {},
        "interval_seconds": 60,
        "retry_seconds": 15,
        "hard_after": 2,
    }
    facts = CheckFacts(kind=kind, name=name, **usual | given)
    return register.create(facts, within=EVERYWHERE, **by())


def log_check(server: Asset, credential_id: int, where: Addresses) -> Check:
    return _check(
        "file",
        "LIS 接口日志",
        asset_id=server.id,
        port=where.ssh_port,
        credential_id=credential_id,
        params={"path": str(where.log_folder), "pattern": LOG_NAME},
        limits={"largest": list(LOG_LIMITS)},
    )


def ups_check(ups: Asset, where: Addresses) -> Check:
    params = {"ups": UPS_NAME, "port": where.ups_port}
    return _check("ups_nut", "机房 UPS 供电", asset_id=ups.id, params=params, hard_after=1)


def database_check(lis: SystemModule, where: Addresses) -> Check:
    params = {"port": where.database_port, "timeout_seconds": 5.0}
    return _check("tcp", "LIS 数据库", module_id=lis.id, params=params)


def register_backup(made: World, dumps: Path) -> int:
    """Register the laboratory's nightly backup, and the duty to have it verified each day."""
    with acting():
        site = db.session.get_one(Site, made.site_id)
        owner = db.session.scalars(select(User).where(User.login == ENGINEER)).one()
        make_plan("backup", site, owner, module_id=made.lis_id)
        return _backup(made.lis_id, dumps)


def _backup(lis_id: int, dumps: Path) -> int:
    typed = {
        "name": "LIS 每晚备份",
        "name_en": "LIS nightly backup",
        "module_id": str(lis_id),
        "kind": "postgresql",
        "seen_by": "local",
        "place": "备份服务器",
        "path": f"{dumps}/lis-*.dump",
        "rpo_minutes": "1440",
        "rto_minutes": "60",
        "assertions": f"samples >= {SAMPLES}\nresults.reported_at within 24h",
    }
    settings: Settings = current_app.config["ITOPS"]
    facts = backup_facts.parse(typed)
    return backup_register.create(facts, settings=settings, within=EVERYWHERE, **by()).id


def make_plan(
    name: str, site: Site, owner: User, *, module_id: int | None = None, tag: str = ""
) -> None:
    """Make a plan of a template, and its order of today."""
    facts = _plan_facts(name, site, owner, module_id=module_id, tag=tag)
    plan = planning.create(facts, request_key="", within=EVERYWHERE, by=STORY, now=now())
    db.session.flush()
    making.make(plan, now())


def _plan_facts(
    name: str, site: Site, owner: User, *, module_id: int | None = None, tag: str = ""
) -> PlanFacts:
    known, today = TEMPLATES[name], now().today
    return PlanFacts(
        name=known.name,
        name_en=known.name_en,
        template=name,
        site_id=site.id,
        department_id=None,
        location_id=None,
        target=Target.MODULE if module_id else Target.ASSET,
        asset_tag=tag,
        type_key="",
        module_id=module_id,
        owner_id=owner.id,
        counts=Counts.SCHEDULE,
        starts_on=today,
        recurrence=from_start(known.unit, today, every=known.every),
        lead_days=0,
        evidence_rule=known.evidence_rule,
        needs_sign_off=name == "dust_servers",
        instructions="",
        questions=known.questions,
    )


def plan_of(name: str) -> MaintenancePlan:
    """Return the story's plan that was made of a template."""
    return db.session.scalars(select(MaintenancePlan).where(MaintenancePlan.template == name)).one()
