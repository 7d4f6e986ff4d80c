"""Reading values by SNMP, version 2c or 3; the only module that imports pysnmp."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from itops.checks.answers import SnmpAnswer
from itops.checks.questions import SnmpQuestion
from itops.remote.errors import AuthFailed, NameUnknown, NotSpoken, SnmpSilent, TimedOut
from itops.remote.limits import Deadline
from itops.remote.loop import Loop

#: One lost packet is normal, two are not.
TRY_SECONDS = 2.0
RETRIES = 1
WHOLE_SECONDS = 20.0
#: A UPS has three phases; more lines of a table are not looked at.
MOST_ROWS = 12
#: So many engines wait for the next question of the same account. To make one takes as much
#: processor time as sixty questions.
MOST_IDLE = 4

#: Names as they are stored, and pysnmp's; empty is none.
AUTH_PROTOCOLS = {
    "": "usmNoAuthProtocol",
    "sha": "usmHMACSHAAuthProtocol",
    "sha256": "usmHMAC192SHA256AuthProtocol",
    "sha512": "usmHMAC384SHA512AuthProtocol",
}
PRIV_PROTOCOLS = {
    "": "usmNoPrivProtocol",
    "aes": "usmAesCfb128Protocol",
    "aes256": "usmAesCfb256Protocol",
}


@dataclass(frozen=True)
class SnmpAccess:
    """A community (2c), or a user with keys (3) if `user` is given."""

    community: str = field(default="", repr=False)
    user: str = ""
    auth_protocol: str = ""
    auth_key: str = field(default="", repr=False)
    priv_protocol: str = ""
    priv_key: str = field(default="", repr=False)


#: Engines live on one loop: whoever asks may have a loop of its own, or none.
LOOP = Loop("snmp")
IDLE: dict[SnmpAccess, list[Any]] = defaultdict(list)


def ask(address: str, question: SnmpQuestion, access: SnmpAccess) -> SnmpAnswer:
    """Return the values that the device has. Raise RemoteError."""
    return LOOP.run(asked(address, question, access))


async def asked(address: str, question: SnmpQuestion, access: SnmpAccess) -> SnmpAnswer:
    """Ask by an engine that asked before, and by a new one where that fails for a user.

    An engine knows how often the user's device was started, and its clock. A device that was put
    in its place counts anew and does not answer.
    """
    former = IDLE[access].pop() if IDLE[access] else None
    if former is not None and access.user:
        with suppress(AuthFailed, NotSpoken, SnmpSilent):
            return await talk(former, address, question, access)
        former = None
    return await talk(former, address, question, access)


async def talk(engine: Any, address: str, question: SnmpQuestion, access: SnmpAccess) -> SnmpAnswer:
    """Ask by `engine`, or by a new one, which others may use afterwards if nothing was wrong."""
    from pysnmp.hlapi.v3arch import asyncio as hlapi  # noqa: PLC0415 - large, for who has devices

    engine = engine or hlapi.SnmpEngine()
    is_sound = False
    try:
        answer = SnmpAnswer(await values_of(hlapi, engine, address, question, access))
        is_sound = True
    except SnmpSilent:
        is_sound = not access.user
        raise
    finally:
        if is_sound and len(IDLE[access]) < MOST_IDLE:
            IDLE[access].append(engine)
        else:
            engine.close_dispatcher()
    return answer


async def values_of(
    hlapi: Any, engine: Any, address: str, question: SnmpQuestion, access: SnmpAccess
) -> dict[str, int | str]:
    from pysnmp.error import PySnmpError  # noqa: PLC0415 - as above

    deadline = Deadline(WHOLE_SECONDS)
    try:
        async with asyncio.timeout(WHOLE_SECONDS):
            way = await hlapi.UdpTransportTarget.create(
                (address, question.port), timeout=TRY_SECONDS, retries=RETRIES
            )
            reading = Reading(hlapi, engine, signed(hlapi, access), way, access.user)
            values = await reading.scalars(question.scalars)
            for column in question.columns:
                deadline.left("answer")
                values.update(await reading.column(column))
    except TimeoutError as error:
        raise TimedOut("answer") from error
    except PySnmpError as error:
        if "address" in str(error).lower() or "resolv" in str(error).lower():
            raise NameUnknown from error
        raise NotSpoken(protocol="SNMP") from error
    return values


def signed(hlapi: Any, access: SnmpAccess) -> Any:
    """Return how the device is to know us."""
    if not access.user:
        return hlapi.CommunityData(access.community, mpModel=1)
    return hlapi.UsmUserData(
        access.user,
        access.auth_key or None,
        access.priv_key or None,
        authProtocol=getattr(hlapi, AUTH_PROTOCOLS[access.auth_protocol]),
        privProtocol=getattr(hlapi, PRIV_PROTOCOLS[access.priv_protocol]),
    )


@dataclass(frozen=True)
class Reading:
    """One conversation with a device."""

    hlapi: Any
    engine: Any
    access: Any
    way: Any
    user: str

    async def scalars(self, oids: Sequence[str]) -> dict[str, int | str]:
        """Return those of `oids` that the device has."""
        answer = await self.hlapi.get_cmd(
            self.engine,
            self.access,
            self.way,
            self.hlapi.ContextData(),
            *map(self.named, oids),
            lookupMib=False,
        )
        return self.values(*answer)

    async def column(self, oid: str) -> dict[str, int | str]:
        """Return the first lines of a column."""
        found: dict[str, int | str] = {}
        async for answer in self.walked(oid):
            found.update(self.values(*answer))
            if len(found) >= MOST_ROWS:
                break
        return found

    def walked(self, oid: str) -> AsyncIterator[Any]:
        walking: AsyncIterator[Any] = self.hlapi.bulk_walk_cmd(
            self.engine,
            self.access,
            self.way,
            self.hlapi.ContextData(),
            0,
            MOST_ROWS,
            self.named(oid),
            lookupMib=False,
            lexicographicMode=False,
        )
        return walking

    def named(self, oid: str) -> Any:
        return self.hlapi.ObjectType(self.hlapi.ObjectIdentity(oid))

    def values(
        self, failure: Any, status: Any, _index: object, pairs: Sequence[tuple[Any, Any]]
    ) -> dict[str, int | str]:
        """Return what one packet holds. Raise RemoteError for what is none."""
        if failure is not None:
            raise_reason(type(failure).__name__, self.user)
        if status:
            raise NotSpoken(protocol="SNMP")
        return {
            str(oid): plain(value)
            for oid, value in pairs
            if type(value).__name__ not in ("NoSuchObject", "NoSuchInstance", "EndOfMibView")
        }


def plain(value: Any) -> int | str:
    """Return a value as a number if it is one, else as a text."""
    try:
        return int(value)
    except (TypeError, ValueError):
        return str(value.prettyPrint())


def raise_reason(name: str, user: str) -> None:
    """Given the name of pysnmp's reason, raise ours."""
    if name == "RequestTimedOut":
        raise SnmpSilent
    if name in ("WrongDigest", "UnknownUserName", "UnsupportedSecurityLevel", "DecryptionError"):
        raise AuthFailed(user=user)
    raise NotSpoken(protocol="SNMP")
