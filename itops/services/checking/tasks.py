"""What is needed to carry a check out, read in one go when it is claimed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from itops.checks import parameters
from itops.checks.catalogue import CHECKS
from itops.checks.kind import LimitSet, read_limits
from itops.checks.questions import Transport
from itops.db import db
from itops.errors import ItopsError, Message, Refused
from itops.models import Asset, Check, Credential, CredentialKind, HostKey, HostKeyState
from itops.services.checking import secrets
from itops.services.engine.due_rows import Claimed

#: Ways of asking that sign in.
SIGNED_IN = (Transport.SSH, Transport.SNMP)


@dataclass(frozen=True)
class Place:
    """A machine's address, and its port of SSH."""

    address: str
    port: int = 22


@dataclass(frozen=True)
class KnownKey:
    """A host key as `ssh-keyscan` writes it."""

    algorithm: str
    public_key: str


@dataclass(frozen=True)
class Account:
    """A credential, opened."""

    id: int
    kind: CredentialKind
    user_name: str
    options: Mapping[str, Any]
    secret: str = field(repr=False)
    #: Changes whenever the secret does.
    version: str = ""


@dataclass(frozen=True)
class Task:
    """One check, whole: whom to ask what, as whom, and how to judge the answer."""

    check_id: int
    kind: str
    due_at: datetime
    place: Place
    params: Any = None
    limits: LimitSet = field(default_factory=dict)
    account: Account | None = None
    host_key: KnownKey | None = None
    #: Why it can't be asked at all.
    problem: Message | None = None


def load(rows: Sequence[Claimed], _at: datetime) -> Mapping[int, Task]:
    """Return the tasks of claimed checks that are switched on. Two queries, whatever the number."""
    found = db.session.scalars(
        select(Check)
        .where(Check.id.in_([row.id for row in rows]), Check.is_enabled)
        .options(
            joinedload(Check.asset).load_only(Asset.ip_address),
            joinedload(Check.credential),
        )
        .execution_options(populate_existing=True)
    ).all()
    places = {check.id: place_of(check) for check in found}
    keys = approved_keys({place.address for place in places.values()})
    due = {row.id: row.due_at for row in rows}
    opened = Opened()
    return {
        check.id: task(check, due[check.id], places[check.id], keys.get(places[check.id]), opened)
        for check in found
    }


def place_of(check: Check) -> Place:
    """Return where a check asks: its own address, else its asset's."""
    address = check.address or (check.asset.ip_address if check.asset else "")
    return Place(address, check.port)


def approved_keys(addresses: set[str]) -> dict[Place, KnownKey]:
    """Return the approved host keys of machines."""
    rows = db.session.execute(
        select(HostKey.address, HostKey.port, HostKey.algorithm, HostKey.public_key).where(
            HostKey.address.in_(addresses), HostKey.state == HostKeyState.APPROVED
        )
    )
    return {Place(row.address, row.port): KnownKey(row.algorithm, row.public_key) for row in rows}


class Opened:
    """The credentials of one group of checks: many checks sign in with the same."""

    def __init__(self) -> None:
        self._accounts: dict[int, Account] = {}

    def account(self, credential: Credential) -> Account:
        if credential.id not in self._accounts:
            self._accounts[credential.id] = _account(credential)
        return self._accounts[credential.id]


def task(
    check: Check, due_at: datetime, place: Place, key: KnownKey | None, opened: Opened
) -> Task:
    """Return a check's task; what stops it from being asked is part of it."""
    bare = Task(check.id, check.kind, due_at, place, host_key=key)
    try:
        return _whole(bare, check, opened)
    except ItopsError as error:
        return replace(bare, problem=error.message)


def _whole(bare: Task, check: Check, opened: Opened) -> Task:
    kind = CHECKS.get(check.kind)
    if kind is None:
        raise Refused("check_state.no_such_kind", kind=check.kind)
    if not bare.place.address:
        raise Refused("check_state.no_address")
    signs_in = kind.transport in SIGNED_IN and check.credential is not None
    return replace(
        bare,
        params=parameters.read(kind.params, check.params),
        limits=read_limits(kind, check.limits),
        account=opened.account(check.credential) if signs_in and check.credential else None,
    )


def _account(credential: Credential) -> Account:
    return Account(
        id=credential.id,
        kind=credential.kind,
        user_name=credential.user_name,
        options=credential.options,
        secret=secrets.opened(credential),
        version=f"{credential.id}:{credential.changed_at.timestamp()}",
    )
