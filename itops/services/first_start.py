"""What a start of the server makes ready: the schema, the first account, what was asked for."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select

from itops.db import db
from itops.models import Host
from itops.models.hashes import Algorithm
from itops.services import installation, soundness
from itops.services.archives import before_upgrade
from itops.services.audit import hashing
from itops.services.auditing import Actor
from itops.services.enrolling.enrolment import make_code
from itops.services.users import accounts

#: How long the code for the server's own machine is good: it is used within seconds.
OWN_CODE_LASTS = timedelta(minutes=15)
#: Who acts at a start, as the log names it.
STARTING = Actor(None, "itops run")


@dataclass(frozen=True)
class Greeting:
    """What the start has to tell the person at the terminal, or the server's own agent."""

    #: The token of the first administrator's one-time link; None once there is an account.
    first_link: str | None = None
    agent_code: str | None = None


def make_ready(*, at: datetime) -> None:
    """Refuse a damaged database; upgrade it to this version, with a copy first."""
    soundness.refuse_damaged(db.engine)
    before_upgrade.upgrade(db.engine, installation.settings(), at=at)


def prepare(*, agent: bool, at: datetime) -> Greeting:
    """Upgrade the database and make what a first start needs; the caller commits.

    Given `agent`, and no host yet, make the code with which the server's own machine enrols.
    """
    make_ready(at=at)
    hashing.choose(Algorithm(installation.settings().audit_hash), by=STARTING, at=at)
    wants_code = agent and db.session.scalar(select(Host.id).limit(1)) is None
    return Greeting(
        first_link=accounts.first_administrator(at=at),
        agent_code=_own_code(at=at) if wants_code else None,
    )


def _own_code(*, at: datetime) -> str:
    _row, text = make_code(
        site=None,
        ends_at=at + OWN_CODE_LASTS,
        subnets=("127.0.0.0/8",),
        approves=True,
        note="itops run --agent",
        by=STARTING,
        at=at,
    )
    return text
