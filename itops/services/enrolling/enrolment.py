"""Machines come in by a code: made for one or for a roll-out, used at most so often, ended."""

import secrets
from base64 import b32encode
from collections.abc import Sequence
from datetime import datetime
from ipaddress import ip_address, ip_network
from typing import Annotated

import msgspec
from sqlalchemy import select, update

from itops.checks.host_inventory import Identity
from itops.checks.host_report import Fingerprint
from itops.db import db
from itops.errors import Invalid, Refused
from itops.models import Enrolment, EnrolmentCode, Host, HostIdentifier, HostState, Site
from itops.services import auditing
from itops.services.auditing import Actor
from itops.services.secrets.secrecy import secret_hash

#: 160 random bits; the four characters that we show leave 140.
CODE_BYTES = 20
HINT_LENGTH = 4
MOST_USES = 10_000


class CodeRefused(Refused):
    """The code does not open: unknown, used up, ended or from elsewhere. We don't say which."""


class EnrolRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What an agent sends to get a key (docs/agent-report.md)."""

    schema: Annotated[int, msgspec.Meta(ge=1, le=1_000_000)]
    code: Annotated[str, msgspec.Meta(min_length=1, max_length=100)]
    agent: Annotated[str, msgspec.Meta(max_length=40)]
    identity: Identity
    machine: Fingerprint


def make_code(  # noqa: PLR0913 - a code has this many conditions
    *,
    site: Site | None,
    uses: int = 1,
    ends_at: datetime,
    subnets: Sequence[str] = (),
    approves: bool = False,
    note: str = "",
    by: Actor,
    at: datetime,
) -> tuple[EnrolmentCode, str]:
    """Make a code for one machine, or a roll-out's number. Return it with its text, told once.

    Raise Invalid for an end that is past, a number out of bounds or a network that is none.
    """
    if not 1 <= uses <= MOST_USES:
        raise Invalid("enrolment.uses_wrong", field="uses", most=MOST_USES)
    if ends_at <= at:
        raise Invalid("enrolment.end_is_past", field="ends_at")
    letters = b32encode(secrets.token_bytes(CODE_BYTES)).decode()
    code = EnrolmentCode(
        code_hash=secret_hash(letters),
        hint=letters[:HINT_LENGTH],
        site_id=site.id if site else None,
        uses_left=uses,
        subnets=[network_of(text) for text in subnets],
        approves=approves,
        note=note,
        created_at=at,
        created_by=by.name,
        ends_at=ends_at,
    )
    db.session.add(code)
    auditing.record("enrolment_code.made", code, by=by, at=at, after=auditing.facts(code))
    return code, "-".join(letters[start : start + 4] for start in range(0, len(letters), 4))


def network_of(text: str) -> str:
    """Return a network in its usual form; raise Invalid if it is none."""
    try:
        return str(ip_network(text.strip(), strict=False))
    except ValueError:
        raise Invalid("enrolment.subnet_wrong", field="subnets", value=text[:100]) from None


def end_code(code: EnrolmentCode, *, by: Actor, at: datetime) -> None:
    """Let nobody in by this code from now on."""
    code.revoked_at = code.revoked_at or at
    auditing.record("enrolment_code.ended", code, by=by, at=at)


def enrol(request: EnrolRequest, *, address: str, at: datetime) -> tuple[Host, str]:
    """Take in a machine by its code. Return the new identity and its key, told once.

    It waits for a person, unless the code approves. A machine that was here before gets a new
    identity all the same: two are never made one by themselves. Raise CodeRefused.
    """
    code = use_code(request.code, address=address, at=at)
    key = secrets.token_urlsafe(32)
    host = Host(
        public_id=secrets.token_hex(16),
        name=request.identity.hostname,
        system=request.identity.system,
        key_hash=secret_hash(key),
        machine=request.machine,
        site_id=code.site_id,
        code_id=code.id,
        agent_version=request.agent,
        address=address,
        enrolled_at=at,
    )
    host.identifiers = [
        HostIdentifier(kind=kind, value=value)
        for kind, value in {(each.kind, each.value): None for each in request.identity.identifiers}
    ]
    db.session.add(host)
    db.session.flush()
    db.session.add(HostState(host_id=host.id))
    if code.approves:
        host.move_to(Enrolment.APPROVED, at=at)
    machine = Actor(None, f"{code.hint}…", address)
    auditing.record("host.enrolled", host, by=machine, at=at, after=auditing.facts(host))
    return host, key


def use_code(text: str, *, address: str, at: datetime) -> EnrolmentCode:
    """Take one use of a code, also when two machines ask at once; raise CodeRefused."""
    letters = text.replace("-", "").replace(" ", "").upper()
    code = db.session.scalar(
        select(EnrolmentCode).where(EnrolmentCode.code_hash == secret_hash(letters))
    )
    if code is None or not is_within(address, code.subnets):
        raise CodeRefused("enrol.code_refused")
    taken = db.session.execute(
        update(EnrolmentCode)
        .where(
            EnrolmentCode.id == code.id,
            EnrolmentCode.uses_left > 0,
            EnrolmentCode.ends_at > at,
            EnrolmentCode.revoked_at.is_(None),
        )
        .values(uses_left=EnrolmentCode.uses_left - 1, uses=EnrolmentCode.uses + 1)
        .returning(EnrolmentCode.id)
    )
    if taken.first() is None:
        raise CodeRefused("enrol.code_refused")
    return code


def is_within(address: str, subnets: Sequence[str]) -> bool:
    """Whether an address is in one of the networks; no networks are every one."""
    if not subnets:
        return True
    try:
        asking = ip_address(address)
    except ValueError:
        return False
    return any(asking in ip_network(subnet) for subnet in subnets)
