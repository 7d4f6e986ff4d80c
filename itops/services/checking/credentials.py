"""What checks sign in with: made, changed, withdrawn; a secret is taken in and never given out."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm.exc import StaleDataError

from itops.db import db
from itops.errors import Conflict, Invalid, Refused
from itops.models import Check, Credential, Site
from itops.services import auditing
from itops.services.auditing import Actor
from itops.services.checking import secrets
from itops.services.checking.credential_facts import CredentialFacts
from itops.services.scoping import Within

#: What the log keeps of a credential.
TOLD = {"name", "kind", "user_name", "site_id", "options", "public_text", "changed_at"}


def create(facts: CredentialFacts, *, within: Within, by: Actor, at: datetime) -> Credential:
    """Keep a credential. Raise Invalid if its name is taken or its site is out of reach."""
    _check_site(facts.site_id, within)
    made = Credential(
        name=facts.name,
        kind=facts.kind,
        user_name=facts.user_name,
        options=facts.options,
        public_text=facts.public_text,
        site_id=facts.site_id,
        created_at=at,
        created_by=by.name,
        changed_at=at,
    )
    _check_name(facts.name, None)
    db.session.add(made)
    _flush()
    secrets.put(made, facts.secret or "")
    auditing.record("credential.created", made, by=by, at=at, after=told(made))
    return made


def edit(
    credential: Credential,
    facts: CredentialFacts,
    *,
    version: int,
    within: Within,
    by: Actor,
    at: datetime,
) -> None:
    """Change a credential, and its secret if there is a new one.

    Raise Conflict if it is not at `version` any more, Invalid with what is wrong or out of reach.
    """
    if credential.version != version:
        raise Conflict("credential.changed_meanwhile")
    if not within.covers(site_id=credential.site_id):
        raise Invalid("check.out_of_reach", field="name")
    _check_site(facts.site_id, within)
    _check_name(facts.name, credential.id)
    before = told(credential)
    credential.name, credential.user_name = facts.name, facts.user_name
    credential.site_id, credential.options = facts.site_id, facts.options
    if facts.secret is not None:
        secrets.put(credential, facts.secret)
        credential.public_text, credential.changed_at = facts.public_text, at
    _flush()
    auditing.record(
        "credential.edited", credential, by=by, at=at, before=before, after=told(credential)
    )


def remove(credential: Credential, *, by: Actor, at: datetime) -> None:
    """Delete a credential. Raise Refused while checks use it."""
    n = db.session.scalars(
        select(func.count()).select_from(Check).where(Check.credential_id == credential.id)
    ).one()
    if n:
        raise Refused("credential.in_use", n=n)
    auditing.record("credential.removed", credential, by=by, at=at, before=told(credential))
    db.session.delete(credential)
    db.session.flush()


def within_reach(within: Within) -> Sequence[Credential]:
    """Return the credentials that somebody may use or manage, by name."""
    statement = select(Credential).order_by(Credential.name)
    if not within.everywhere:
        statement = statement.where(Credential.site_id.in_(within.site_ids))
    return db.session.scalars(statement).all()


def told(credential: Credential) -> dict[str, Any]:
    """Return what the audit log keeps of a credential: nothing of its secret."""
    return {name: fact for name, fact in auditing.facts(credential).items() if name in TOLD}


def _check_site(site_id: int | None, within: Within) -> None:
    is_there = site_id is None or db.session.get(Site, site_id) is not None
    if not (is_there and within.covers(site_id=site_id)):
        raise Invalid("check.site_needed", field="site_id")


def _check_name(name: str, own_id: int | None) -> None:
    taken = db.session.scalar(select(Credential.id).where(Credential.name == name))
    if taken not in (None, own_id):
        raise Invalid("credential.name_taken", field="name", name=name)


def _flush() -> None:
    try:
        db.session.flush()
    except StaleDataError:
        raise Conflict("credential.changed_meanwhile") from None
    except IntegrityError:
        raise Conflict("credential.changed_meanwhile") from None
