"""Objects for tests: say what matters, the rest is filled in."""

import hashlib
from datetime import UTC, datetime
from itertools import count
from typing import Any, TypeVar

from itops.checks.base import State
from itops.db import db
from itops.models import (
    Asset,
    AssetType,
    Attachment,
    BackupJob,
    BackupKind,
    Check,
    Credential,
    CredentialKind,
    Department,
    Dependency,
    DependencyKind,
    Enrolment,
    Host,
    HostState,
    Location,
    LocationKind,
    Role,
    RoleGrant,
    SeenBy,
    Site,
    SiteKind,
    SystemModule,
    Ticket,
    User,
    Verification,
    VerificationLevel,
)
from itops.services.checking import secrets
from itops.services.tickets.opening import Opening, Reporter, open_ticket, report

LONG_AGO = datetime(2026, 1, 5, 1, 0, tzinfo=UTC)
_number = count(1)


T = TypeVar("T")


def _added(thing: T) -> T:
    db.session.add(thing)
    db.session.flush()
    return thing


def site(**given: Any) -> Site:
    name = f"医院{next(_number)}"
    return _added(Site(**{"kind": SiteKind.COUNTY_HOSPITAL, "name": name} | given))


def department(**given: Any) -> Department:
    place = given.pop("site", None) or site()
    return _added(Department(**{"site": place, "name": f"科室{next(_number)}"} | given))


def location(**given: Any) -> Location:
    place = given.pop("site", None) or site()
    filled = {"site": place, "kind": LocationKind.ROOM, "name": f"{next(_number)}室"}
    return _added(Location(**filled | given))


def user(
    role: Role | None = None,
    site: Site | None = None,
    department: Department | None = None,
    **given: Any,
) -> User:
    number = next(_number)
    made = User(
        **{"login": f"user{number}", "name": f"人员{number}", "created_at": LONG_AGO} | given
    )
    if role:
        made.grants.append(
            RoleGrant(
                role=role,
                site_id=site.id if site else None,
                department_id=department.id if department else None,
            )
        )
    return _added(made)


def asset_type(key: str = "workstation", **given: Any) -> AssetType:
    found = db.session.get(AssetType, key)
    return found or _added(AssetType(**{"key": key, "name": key, "name_en": key} | given))


def asset(**given: Any) -> Asset:
    place = given.pop("site", None) or site()
    filled = {
        "tag": f"PC-{next(_number):04}",
        "name": "收费处电脑",
        "type": given.pop("type", None) or asset_type(),
        "site": place,
        "created_at": LONG_AGO,
        "updated_at": LONG_AGO,
    }
    return _added(Asset(**filled | given))


def host(**given: Any) -> Host:
    """Return an approved host with a state row; `state` gives fields of the state."""
    number = next(_number)
    state = given.pop("state", {})
    filled = {
        "public_id": f"{number:032x}",
        "name": f"host-{number}",
        "key_hash": number.to_bytes(32, "big"),
        "machine": f"{number:064x}",
        "enrolment": Enrolment.APPROVED,
        "enrolled_at": LONG_AGO,
    }
    made = _added(Host(**filled | given))
    _added(HostState(host_id=made.id, **state))
    return made


def module(**given: Any) -> SystemModule:
    number = next(_number)
    filled = {
        "code": f"M{number}",
        "name": f"系统{number}",
        "site": given.pop("site", None) or site(),
        "created_at": LONG_AGO,
        "updated_at": LONG_AGO,
    }
    return _added(SystemModule(**filled | given))


def dependency(
    upper: SystemModule | Asset | Department | None = None,
    lower: SystemModule | Asset | None = None,
    kind: DependencyKind = DependencyKind.RUNS_ON,
) -> Dependency:
    """Return the arrow from `upper` to `lower`; a module on a new asset if nothing is said."""
    ends = {"upper": upper or module(), "lower": lower or asset()}
    arrow = " > ".join(f"{end.__tablename__}:{end.id}" for end in ends.values())
    keys = {f"{side}_{end.__tablename__}_id": end.id for side, end in ends.items()}
    return _added(Dependency(kind=kind, arrow=arrow, **keys))


def check(**given: Any) -> Check:
    """Return a check that has no verdict yet, of a module unless it is said of what."""
    if not {"module", "asset"} & set(given):
        given["module"] = module()
    about = given.get("module") or given["asset"]
    filled = {
        "kind": "tcp",
        "name": f"检查{next(_number)}",
        "site_id": about.site_id,
        "address": "127.0.0.1",
        "due_at": LONG_AGO,
        "created_at": LONG_AGO,
        "updated_at": LONG_AGO,
    }
    return _added(Check(**filled | given))


def credential(secret: str = "", **given: Any) -> Credential:
    """Return a credential with its secret sealed."""
    filled = {
        "name": f"密钥{next(_number)}",
        "kind": CredentialKind.PASSWORD,
        "user_name": "itops",
        "created_at": LONG_AGO,
        "created_by": "人员",
        "changed_at": LONG_AGO,
    }
    made = _added(Credential(**filled | given))
    secrets.put(made, secret or "s3cret words")
    return _added(made)


def ticket(**given: Any) -> Ticket:
    """Return a ticket that was opened as all are; `at`, and `reporter` for one with a report."""
    at, reporter = given.pop("at", LONG_AGO), given.pop("reporter", None)
    if "site_id" not in given:
        asset_id = given.get("asset_id")
        owner = db.session.get_one(Asset, asset_id) if asset_id else None
        given["site_id"] = owner.site_id if owner else site().id
        if owner:
            given.setdefault("department_id", owner.department_id)
    opening = Opening(**given)
    if reporter is None:
        return open_ticket(opening, by="", at=at)
    return report(opening, Reporter(request_key=reporter), at=at).ticket


def attachment(content: bytes, **given: Any) -> Attachment:
    """Return a stored file with this content."""
    filled = {
        "code": f"{next(_number):032}",
        "name": "photo.jpg",
        "media_type": "image/jpeg",
        "size_bytes": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
        "at": LONG_AGO,
        "by": "li",
    }
    return _added(Attachment(content=content, **filled | given))


def backup(**given: Any) -> BackupJob:
    """Return a daily job of a class 1 backup that a heartbeat tells of."""
    about = given.pop("module", None) or module()
    filled = {
        "name": f"备份{next(_number)}",
        "module": about,
        "site_id": about.site_id,
        "kind": BackupKind.POSTGRESQL,
        "seen_by": SeenBy.HEARTBEAT,
        "every_minutes": 1440,
        "due_at": LONG_AGO,
        "created_at": LONG_AGO,
        "updated_at": LONG_AGO,
    }
    return _added(BackupJob(**filled | given))


def restored(job: BackupJob, *, at: datetime = LONG_AGO, state: State = State.OK) -> Verification:
    """Return a restore test of a backup."""
    return _added(
        Verification(
            job=job,
            level=VerificationLevel.RESTORE_TEST,
            at=at,
            state=state,
            message={"key": "backup.restore.ok", "params": {"n": 3, "seconds": 9}},
        )
    )


def proven_module(at: datetime, **given: Any) -> SystemModule:
    """Return a module whose backup was restored and was good."""
    made = module(**given)
    restored(backup(module=made), at=at)
    return made
