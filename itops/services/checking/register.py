"""The register of checks: making them, changing them, switching them off, asking for them now."""

from datetime import datetime
from typing import Any

from sqlalchemy.orm.exc import StaleDataError

from itops.checks.catalogue import CHECKS
from itops.checks.questions import Transport
from itops.db import db
from itops.errors import Conflict, FieldError, Invalid, Message, Refused
from itops.models import Asset, Check, Credential, CredentialKind, Site, SystemModule
from itops.services import auditing
from itops.services.alerting import signals
from itops.services.auditing import Actor
from itops.services.checking import schedule
from itops.services.checking.facts import CheckFacts
from itops.services.engine import waking
from itops.services.scoping import Within

#: What can be signed in with on each way of asking.
FITTING = {
    Transport.SSH: {CredentialKind.SSH_KEY, CredentialKind.PASSWORD},
    Transport.SNMP: {CredentialKind.SNMP_COMMUNITY, CredentialKind.SNMP_USER},
}


def create(facts: CheckFacts, *, within: Within, by: Actor, at: datetime) -> Check:
    """Make a check, due at once. Raise Invalid with the fields that are wrong or out of reach."""
    place = check_facts(facts, within)
    check = Check(**vars(facts) | place, created_at=at, created_by=by.name, updated_at=at)
    check.name = check.name or _usual_name(facts)
    check.due_at = check.asked_at = at
    db.session.add(check)
    db.session.flush()
    waking.wake()
    auditing.record("check.created", check, by=by, at=at, after=told(check))
    return check


def edit(
    check: Check, facts: CheckFacts, *, version: int, within: Within, by: Actor, at: datetime
) -> None:
    """Make a check what `facts` say, and have it looked at anew.

    Raise Conflict if it is not at `version` any more, Invalid with the fields that are wrong or
    out of reach: what it was about and what it will be about must both be within reach.
    """
    if check.version != version:
        raise Conflict("check.changed_meanwhile")
    if not within.covers(site_id=check.site_id, department_id=check.department_id):
        raise Invalid("check.out_of_reach", field="name")
    place, before = check_facts(facts, within), told(check)
    for name, value in (vars(facts) | place).items():
        setattr(check, name, value)
    check.name = check.name or _usual_name(facts)
    if check.is_enabled:
        _look_now(check, at=at)
    check.updated_at = at
    _flush()
    auditing.record("check.edited", check, by=by, at=at, before=before, after=told(check))


def switch(check: Check, *, on: bool, by: Actor, at: datetime) -> None:
    """Switch a check on, due at once, or off."""
    if check.is_enabled == on:
        raise Refused("check.switched_already")
    check.is_enabled, check.updated_at = on, at
    if on:
        _look_now(check, at=at)
    else:
        check.due_at = None
        signals.withdraw(f"check:{check.id}", at=at)
    _flush()
    auditing.record("check.switched_on" if on else "check.switched_off", check, by=by, at=at)


def ask_now(check: Check, *, by: Actor, at: datetime) -> None:
    """Have a check carried out at once. Raise Refused if it is switched off, or only a demo."""
    if check.is_demo:
        raise Refused("check.only_demo")
    if not check.is_enabled:
        raise Refused("check.is_off")
    _look_now(check, at=at)
    _flush()
    auditing.record("check.asked", check, by=by, at=at)


def remove(check: Check, *, by: Actor, at: datetime) -> None:
    """Delete a check and its history; the log keeps what it was."""
    auditing.record("check.removed", check, by=by, at=at, before=told(check))
    signals.withdraw(f"check:{check.id}", at=at)
    db.session.delete(check)
    db.session.flush()


def check_facts(facts: CheckFacts, within: Within) -> dict[str, Any]:
    """Return the place of a check with these facts: its site, department, and if it is the demo's.

    Asset, module, site and credential must all be within reach: who may point a check at a machine
    must be allowed there, and with that key. Raise Invalid with the fields that are wrong.
    """
    wrong: list[FieldError] = []
    asset = _reached(Asset, facts.asset_id, "asset_id", within, wrong)
    module = _reached(SystemModule, facts.module_id, "module_id", within, wrong)
    if not (facts.address or asset):
        wrong.append(FieldError("address", Message("check.address_needed")))
    elif not facts.address and asset and not asset.ip_address:
        wrong.append(FieldError("address", Message("check.asset_has_no_address")))
    wrong += _wrong_credential(facts, within)
    about = asset or module
    if about is not None:
        place = {
            "site_id": about.site_id,
            "department_id": about.department_id,
            "is_demo": about.is_demo,
        }
    else:
        site = db.session.get(Site, facts.site_id or 0)
        if site is None or not within.covers(site_id=site.id):
            wrong.append(FieldError("site_id", Message("check.site_needed")))
        place = {
            "site_id": site.id if site else 0,
            "department_id": None,
            "is_demo": site is not None and site.is_demo,
        }
    if wrong:
        raise Invalid.many(wrong)
    return place


def told(check: Check) -> dict[str, Any]:
    """Return what the audit log keeps of a check: what people wrote, no measurements."""
    kept = {*CheckFacts.__dataclass_fields__, "department_id", "is_enabled"}
    return {name: fact for name, fact in auditing.facts(check).items() if name in kept}


def _reached(
    model: type[Any], key: int | None, field: str, within: Within, wrong: list[FieldError]
) -> Any:
    if key is None:
        return None
    found = db.session.get(model, key)
    if found is None or not within.covers(site_id=found.site_id, department_id=found.department_id):
        wrong.append(FieldError(field, Message("check.out_of_reach")))
        return None
    return found


def _wrong_credential(facts: CheckFacts, within: Within) -> list[FieldError]:
    transport = CHECKS[facts.kind].transport
    fitting = FITTING.get(transport, set())
    if facts.credential_id is None:
        needed = Message("check.credential_needed")
        return [FieldError("credential_id", needed)] if fitting else []
    found = db.session.get(Credential, facts.credential_id)
    if found is None or not within.covers(site_id=found.site_id):
        return [FieldError("credential_id", Message("check.out_of_reach"))]
    if found.kind not in fitting:
        return [FieldError("credential_id", Message("check.credential_unfit"))]
    return []


def _look_now(check: Check, *, at: datetime) -> None:
    check.due_at = check.asked_at = at
    waking.wake()


def _usual_name(facts: CheckFacts) -> str:
    """Return a name for who wrote none: the kind, and what tells it from others of its kind."""
    texts = [value for value in facts.params.values() if isinstance(value, str) and value]
    where = ":".join(str(part) for part in (facts.address, facts.params.get("port")) if part)
    return " ".join([facts.kind, *(texts or [where])[:1]]).strip()[:120]


def _flush() -> None:
    try:
        db.session.flush()
    except StaleDataError:
        raise Conflict("check.changed_meanwhile") from None


def spread(check: Check, *, at: datetime) -> None:
    """Give a check that no person waits for its own place in the interval."""
    check.due_at = schedule.next_due(check.id, check.interval_seconds, at=at)
