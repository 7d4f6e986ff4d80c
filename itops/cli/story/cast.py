"""Who acts in the story, from where to where, and when."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from flask import current_app
from sqlalchemy import select

from itops.auth.scopes import Reach
from itops.clock import utcnow
from itops.config import Settings
from itops.db import db
from itops.models import Role, User
from itops.services.auditing import Actor
from itops.services.maintenance.days import Now

EVERYWHERE = Reach(everywhere=True, site_ids=frozenset(), department_ids=frozenset())
STORY = Actor(None, "itops demo story")
ENGINEER, HEAD, OFFICER = "wang.gong", "chen.kezhang", "lin.zhiban"
PEOPLE = (
    (ENGINEER, "王工", Role.ENGINEER),
    (HEAD, "陈科长", Role.HEAD),
    (OFFICER, "林值班", Role.DUTY_OFFICER),
)

NAMES = {login: name for login, name, _ in PEOPLE}


@dataclass(frozen=True)
class Addresses:
    """Where the real parts are."""

    ssh_port: int
    ups_port: int
    database_port: int
    mail_port: int
    log_folder: Path


@dataclass(frozen=True)
class World:
    """The ids of what was registered, and the public key that the server's account takes."""

    site_id: int
    lis_id: int
    ups_id: int
    pc_id: int
    label: str
    log_check: int
    ups_check: int
    public_key: str


def now(at: datetime | None = None) -> Now:
    settings: Settings = current_app.config["ITOPS"]
    return Now(at or utcnow(), ZoneInfo(settings.time_zone))


def person(login: str) -> Actor:
    """Return one of the story's colleagues as who acts."""
    user = db.session.scalars(select(User).where(User.login == login)).one()
    return Actor(user.id, user.name)


def by() -> dict[str, Any]:
    return {"by": STORY, "at": utcnow()}
