"""How a leave is asked for on the pages, and what stands in the database then."""

from datetime import timedelta
from typing import Any

from sqlalchemy import select

from itops.clock import utcnow
from itops.db import db
from itops.models import AuditEntry, Role, RoleGrant, User

GOOD = "a good long sentence"
WANG = {"login": "wang", "name": "王敏", "email": "", "phone": "", "language": ""}


def account(login: str) -> User:
    db.session.expire_all()
    return db.session.scalars(select(User).where(User.login == login)).one()


def roles(login: str) -> list[Role]:
    return [grant.role for grant in account(login).grants]


def handed_to(login: str) -> list[RoleGrant]:
    return [grant for grant in account(login).grants if grant.delegated_from_id]


def days(first: int, last: int) -> dict[str, str]:
    """Return the form's two days, counted from today."""
    today = utcnow()
    return {
        "starts_on": f"{today + timedelta(days=first):%Y-%m-%d}",
        "ends_on": f"{today + timedelta(days=last):%Y-%m-%d}",
    }


def form(to: str, giver: str, first: int = 0, last: int = 7) -> dict[str, Any]:
    keys = [str(grant.id) for grant in account(giver).grants]
    return {"to": str(account(to).id), "grant": keys, "present": GOOD} | days(first, last)


def hand(client: Any, colleague: str, giver: str, **given: Any) -> Any:
    return client.post("/account/leave", data=form(colleague, giver) | given)


def log() -> list[Any]:
    db.session.expire_all()
    return list(db.session.scalars(select(AuditEntry).order_by(AuditEntry.id)))


def boss(sign_in: Any) -> Any:
    """Return a browser of somebody who may do everything."""
    client = sign_in(Role.SYSTEM_ADMIN, login="boss")
    person = account("boss")
    person.grants += [RoleGrant(role=Role.HEAD), RoleGrant(role=Role.AUDIT_ADMIN)]
    db.session.commit()
    return client
