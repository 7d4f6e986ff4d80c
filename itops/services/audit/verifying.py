"""Verifying the log: read along the chain once, and say of every place where it does not fit."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache
from typing import Any

from sqlalchemy import Connection, select, text
from sqlalchemy.exc import DBAPIError

from itops.config import SHORTEST_EVIDENCE_DAYS
from itops.errors import Message
from itops.models import AuditAnchor, AuditHead
from itops.models.audit import GENESIS
from itops.models.audit_chain import FACTS, FORM, anchor_hash, canonical
from itops.models.hashes import Algorithm, Digest, digest_by
from itops.services.audit import guards
from itops.services.audit.seals import Seal

#: Faults that are told one by one; all of them are counted.
MOST_TOLD = 100
ROWS_AT_ONCE = 2000
#: How often progress is told, in entries.
TELL_EVERY = 10_000
AFTER, HASH = FACTS.index("after"), len(FACTS)
ACTION = FACTS.index("action")

Tell = Callable[[int], None]


@dataclass(frozen=True)
class Fault:
    """One place where the log is not what was written: its kind, and from which entry on."""

    kind: str
    position: int


@dataclass
class Verdict:
    """What a walk along the chain found."""

    entries: int = 0
    first: int = 0
    last: int = 0
    hash: str = GENESIS
    #: Seals that were compared, and those from before the last cut, which nothing is left of.
    seals: int = 0
    old_seals: int = 0
    faults: list[Fault] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    #: Guards that are gone or altered: no fault of the log, but nobody would have been stopped.
    unguarded: Sequence[str] = ()

    @property
    def is_whole(self) -> bool:
        """Whether every entry is as it was written, and all are there."""
        return not self.counts

    def blame(self, kind: str, position: int) -> None:
        """Write down a fault."""
        self.counts[kind] += 1
        if len(self.faults) < MOST_TOLD:
            self.faults.append(Fault(kind, position))


def verify(
    connection: Connection, seals: Sequence[Seal] = (), tell: Tell = lambda _done: None
) -> Verdict:
    """Walk along the whole chain, as one transaction sees it, and compare it with the seals."""
    found = Verdict(unguarded=guards.missing(connection))
    anchors = list(connection.execute(select(AuditAnchor).order_by(AuditAnchor.id)))
    start = anchors[-1] if anchors else None
    begin = start.position if start else 0
    found.hash, found.last = (start.hash, begin) if start else (GENESIS, 0)
    found.first = begin + 1
    sealed = _by_position(seals)
    found.old_seals = sum(seal.position < begin for seal in seals)
    cuts: set[Any] = set()
    try:
        for row in rows(connection, begin):
            _take(row, found, sealed)
            if row[ACTION] == "audit.cut":
                cuts.add(row[AFTER])
            if not found.entries % TELL_EVERY:
                tell(found.entries)
    except (DBAPIError, UnicodeError):
        found.blame("unreadable", found.last + 1)
        return found
    _check_anchors(anchors, cuts, found)
    _check_age(start, seals, found)
    _check_end(connection, seals, begin, found)
    return found


def means(fault: Fault) -> Message:
    """Return what a fault says to people."""
    return Message(f"audit.fault.{fault.kind}", {"position": fault.position})


def _by_position(seals: Sequence[Seal]) -> Mapping[int, set[str]]:
    """Return every hash that a seal gives for a position: of two that differ, one is wrong."""
    found: dict[int, set[str]] = {}
    for seal in seals:
        found.setdefault(seal.position, set()).add(seal.hash)
    return found


def _take(row: Sequence[Any], found: Verdict, sealed: Mapping[int, set[str]]) -> None:
    """Compare one entry with itself, with the one before it and with a seal."""
    position, algorithm, previous, own = row[0], row[1], row[2], row[HASH]
    if position != found.last + 1:
        found.blame("missing", found.last + 1)
    if previous != found.hash:
        found.blame("unlinked", position)
    digest = _digest(algorithm)
    if digest is None or digest(canonical(FORM, row[:HASH])) != own:
        found.blame("edited", position)
    if sealed and position in sealed:
        found.seals += 1
        if sealed[position] != {own}:
            found.blame("unsealed", position)
    found.entries += 1
    found.last, found.hash = position, own


@cache
def _digest(name: str) -> Digest | None:
    """Return the function of a name that stands in an entry, where there is one of that name.

    Raise Misconfigured if this machine lacks it: then nothing can be said.
    """
    return digest_by(Algorithm(name)) if name in set(Algorithm) else None


def _check_anchors(anchors: Sequence[Any], cuts: set[Any], found: Verdict) -> None:
    """Find an anchor that was not set by a cut: the newest stands in the log itself."""
    previous = GENESIS
    for anchor in anchors:
        made = AuditAnchor(
            position=anchor.position,
            hash=anchor.hash,
            at=anchor.at,
            algorithm=anchor.algorithm,
            previous_hash=anchor.previous_hash,
        )
        if anchor.previous_hash != previous or anchor_hash(made) != anchor.own_hash:
            found.blame("anchor", anchor.position)
        previous = anchor.own_hash
    if anchors and not any(f'"{previous}"' in str(told) for told in cuts):
        found.blame("anchor", anchors[-1].position)


def _check_age(anchor: Any, seals: Sequence[Seal], found: Verdict) -> None:
    """Find a cut of what was younger than 184 days: a seal from before it is younger."""
    if anchor is None:
        return
    youngest = anchor.at - timedelta(days=SHORTEST_EVIDENCE_DAYS)
    for seal in seals:
        if seal.position < anchor.position and seal.moment > youngest:
            found.blame("cut_early", seal.position)


def _check_end(connection: Connection, seals: Sequence[Seal], begin: int, found: Verdict) -> None:
    """Find entries that are gone at the end: the head and the seals know of them."""
    head = connection.execute(select(AuditHead.position, AuditHead.hash)).first()
    if head is None or (head.position, head.hash) != (found.last, found.hash):
        found.blame("head", found.last)
    for seal in seals:
        if seal.position > found.last:
            found.blame("truncated", seal.position)
        elif seal.position == begin and begin:
            _check_cut(seal, connection, found)


def _check_cut(seal: Seal, connection: Connection, found: Verdict) -> None:
    """Compare the seal of the entry at which the log was cut."""
    found.seals += 1
    cut = select(AuditAnchor.hash).where(AuditAnchor.position == seal.position)
    if connection.scalar(cut) != seal.hash:
        found.blame("unsealed", seal.position)


def rows(connection: Connection, begin: int) -> Iterator[Sequence[Any]]:
    """Yield the facts and the hash of every entry as the database keeps them, in order."""
    statement = _ROWS_IN_SQLITE if connection.dialect.name == "sqlite" else _ROWS_IN_POSTGRESQL
    streaming = {"stream_results": True, "yield_per": ROWS_AT_ONCE}
    yield from connection.execute(statement, {"begin": begin}, execution_options=streaming)


_AS_TEXT = {
    "at": "to_char(at, 'YYYY-MM-DD HH24:MI:SS.US')",
    "before": "before::text",
    "after": "after::text",
}
COLUMNS, COLUMNS_AS_TEXT = ", ".join(FACTS), ", ".join(_AS_TEXT.get(name, name) for name in FACTS)
_ROWS_IN_SQLITE = text(f"SELECT {COLUMNS}, hash FROM audit_entry WHERE id > :begin ORDER BY id")  # noqa: S608 - our own names
_ROWS_IN_POSTGRESQL = text(
    f"SELECT {COLUMNS_AS_TEXT}, hash FROM audit_entry WHERE id > :begin ORDER BY id"  # noqa: S608
)
