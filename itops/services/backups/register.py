"""The register of backup jobs: what may be written, by whom, and the address for heartbeats."""

import secrets
from dataclasses import fields
from datetime import datetime
from pathlib import Path

from sqlalchemy.orm.exc import StaleDataError

from itops.config import Settings
from itops.db import db
from itops.errors import Conflict, FieldError, Invalid, Message
from itops.models import BackupJob, Check, SeenBy, SystemModule
from itops.services import auditing
from itops.services.auditing import Actor
from itops.services.backups.facts import BackupFacts
from itops.services.scoping import Within
from itops.services.secrets.secrecy import secret_hash

HINT = 6


def create(
    facts: BackupFacts, *, settings: Settings, within: Within, by: Actor, at: datetime
) -> BackupJob:
    """Register a job. Raise Invalid with the fields that are wrong or out of reach."""
    module = _checked(facts, None, settings, within)
    job = BackupJob(
        **vars(facts),
        site_id=module.site_id,
        is_demo=module.is_demo,
        due_at=at,
        created_at=at,
        updated_at=at,
    )
    db.session.add(job)
    db.session.flush()
    auditing.record("backup.created", job, by=by, at=at, after=auditing.facts(job))
    return job


def edit(  # noqa: PLR0913 - a change has this many parts
    job: BackupJob,
    facts: BackupFacts,
    *,
    version: int,
    settings: Settings,
    within: Within,
    by: Actor,
    at: datetime,
) -> None:
    """Make a job what `facts` say.

    Raise Conflict if it is not at `version` any more, Invalid with the fields that are wrong or
    out of reach: the module that it belonged to counts as well as the one that it goes to.
    """
    if job.version != version:
        raise Conflict("backup.changed_meanwhile")
    module, before = _checked(facts, job, settings, within), auditing.facts(job)
    for one in fields(facts):
        if getattr(job, one.name) != getattr(facts, one.name):
            setattr(job, one.name, getattr(facts, one.name))
    if job.site_id != module.site_id:
        job.site_id = module.site_id
    after = auditing.facts(job)
    if before != after:
        job.updated_at, job.due_at = at, at
        _flush()
        auditing.record("backup.edited", job, by=by, at=at, before=before, after=after)


def set_enabled(job: BackupJob, *, is_enabled: bool, by: Actor, at: datetime) -> None:
    """Stop looking at a backup, or begin again; what was verified stays."""
    if job.is_enabled == is_enabled:
        return
    before = auditing.facts(job)
    job.is_enabled, job.updated_at, job.due_at = is_enabled, at, at if is_enabled else None
    action = "backup.watched" if is_enabled else "backup.unwatched"
    _flush()
    auditing.record(action, job, by=by, at=at, before=before, after=auditing.facts(job))


def new_address(job: BackupJob, *, by: Actor, at: datetime) -> str:
    """Give a job a new code for its heartbeats, told once; the former one is dead."""
    code = secrets.token_urlsafe(24)
    job.token_hash, job.token_hint, job.updated_at = secret_hash(code), code[:HINT], at
    _flush()
    auditing.record("backup.address_made", job, by=by, at=at)
    return code


def is_allowed(path: str, settings: Settings) -> bool:
    """Whether a pattern of files lies in a folder that the administrator named."""
    folder = Path(path).parent
    return any(folder == one or one in folder.parents for one in settings.backup_dirs)


def _checked(
    facts: BackupFacts, job: BackupJob | None, settings: Settings, within: Within
) -> SystemModule:
    if job is not None and not within.covers(site_id=job.site_id):
        raise Invalid("backup.out_of_reach", field="module_id")
    module = db.session.get(SystemModule, facts.module_id)
    if module is None or not within.covers(
        site_id=module.site_id, department_id=module.department_id
    ):
        raise Invalid("backup.module_unknown", field="module_id")
    wrong: list[FieldError] = []
    if job is not None and job.is_demo != module.is_demo:
        wrong.append(FieldError("module_id", Message("backup.demo_mixed")))
    if facts.seen_by is SeenBy.LOCAL and not is_allowed(facts.path, settings):
        wrong.append(FieldError("path", Message("backup.path_not_allowed")))
    if facts.seen_by is SeenBy.SSH and not _may_use(facts.check_id, within):
        wrong.append(FieldError("check_id", Message("backup.check_unknown")))
    if wrong:
        raise Invalid.many(wrong)
    return module


def _may_use(check_id: int | None, within: Within) -> bool:
    check = db.session.get(Check, check_id) if check_id else None
    return check is not None and within.covers(
        site_id=check.site_id, department_id=check.department_id
    )


def _flush() -> None:
    try:
        db.session.flush()
    except StaleDataError:
        raise Conflict("backup.changed_meanwhile") from None
