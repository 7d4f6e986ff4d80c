"""The register of modules: what may be written, by whom."""

from dataclasses import fields
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm.exc import StaleDataError

from itops.db import db
from itops.errors import Conflict, FieldError, Invalid, Message
from itops.models import Department, Site, SystemModule, User
from itops.services import auditing
from itops.services.auditing import Actor
from itops.services.holders import workers_at
from itops.services.modules.facts import ModuleFacts
from itops.services.scoping import Within


def create(facts: ModuleFacts, *, within: Within, by: Actor, at: datetime) -> SystemModule:
    """Register a module. Raise Invalid with the fields that are wrong or out of reach."""
    site = _checked(facts, None, within, at=at)
    module = SystemModule(**vars(facts), created_at=at, updated_at=at, is_demo=site.is_demo)
    db.session.add(module)
    _flush(facts)
    auditing.record("module.created", module, by=by, at=at, after=auditing.facts(module))
    return module


def edit(
    module: SystemModule,
    facts: ModuleFacts,
    *,
    version: int,
    within: Within,
    by: Actor,
    at: datetime,
) -> None:
    """Make a module what `facts` say.

    Raise Conflict if it is not at `version` any more, Invalid with the fields that are wrong or
    out of reach, where it was or where it goes.
    """
    if module.version != version:
        raise Conflict("module.changed_meanwhile")
    _checked(facts, module, within, at=at)
    before = auditing.facts(module)
    changed = [
        one.name for one in fields(facts) if getattr(module, one.name) != getattr(facts, one.name)
    ]
    if not changed:
        return
    for name in changed:
        setattr(module, name, getattr(facts, name))
    module.updated_at = at
    _flush(facts)
    after = auditing.facts(module)
    auditing.record("module.edited", module, by=by, at=at, before=before, after=after)


def set_in_use(module: SystemModule, *, is_in_use: bool, by: Actor, at: datetime) -> None:
    """Take a module out of use, or back into it; its history stays."""
    if module.is_in_use == is_in_use:
        return
    before = auditing.facts(module)
    module.is_in_use, module.updated_at = is_in_use, at
    action = "module.taken_into_use" if is_in_use else "module.taken_out_of_use"
    after = auditing.facts(module)
    auditing.record(action, module, by=by, at=at, before=before, after=after)


def possible_owners(site: Site, department_id: int | None, *, at: datetime) -> list[User]:
    """Return the people who may answer for a module that is there, by name."""
    found = select(User).where(
        workers_at(site.id, department_id, at=at), User.is_demo == site.is_demo
    )
    return list(db.session.scalars(found.order_by(User.name)))


def _checked(
    facts: ModuleFacts, module: SystemModule | None, within: Within, *, at: datetime
) -> Site:
    if module is not None and not within.covers(
        site_id=module.site_id, department_id=module.department_id
    ):
        raise Invalid("module.out_of_reach", field="site_id")
    site = db.session.get(Site, facts.site_id)
    if site is None or not within.covers(site_id=site.id, department_id=facts.department_id):
        raise Invalid("module.site_unknown", field="site_id")
    wrong = [*_wrong_department(facts, site), *_wrong_owner(facts, site, at=at)]
    if module is not None and module.is_demo != site.is_demo:
        wrong.append(FieldError("site_id", Message("module.demo_mixed")))
    if wrong:
        raise Invalid.many(wrong)
    return site


def _wrong_department(facts: ModuleFacts, site: Site) -> list[FieldError]:
    if facts.department_id is None:
        return []
    department = db.session.get(Department, facts.department_id)
    if department is None or department.site_id != site.id:
        return [FieldError("department_id", Message("module.department_elsewhere"))]
    return []


def _wrong_owner(facts: ModuleFacts, site: Site, *, at: datetime) -> list[FieldError]:
    if facts.owner_id is None:
        return []
    owners = possible_owners(site, facts.department_id, at=at)
    if facts.owner_id not in {one.id for one in owners}:
        return [FieldError("owner_id", Message("module.owner_unknown"))]
    return []


def _flush(facts: ModuleFacts) -> None:
    """Write now, so that a race that another transaction won is told as what it is."""
    try:
        db.session.flush()
    except StaleDataError:
        raise Conflict("module.changed_meanwhile") from None
    except IntegrityError as error:
        if "code" in str(error.orig):
            raise Invalid("module.code_taken", field="code", code=facts.code) from None
        raise
