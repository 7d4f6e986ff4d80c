"""What the agents' machines say, as signals: a duty looks at all that is not well, and was not.

It looks at the present only. What came and went between two looks, or while a machine or this
server was away, is history, and nobody is told of it.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select, true
from sqlalchemy.orm import joinedload

from itops.checks.base import Finding, State
from itops.config import Settings
from itops.db import db
from itops.errors import Message
from itops.models import Alert, Asset, Criticality, Host, HostState
from itops.services.alerting import rules, site_silence, vigils
from itops.services.alerting.signals import Signal, signal_all
from itops.services.alerting.subjects import Subject, of_host
from itops.services.hosts import standing as host_standing
from itops.services.hosts.standing import STANDING, TROUBLE, Standing, Watch, approved

#: Hosts of one transaction: the gate is open to others in between.
TOGETHER = 100
QUARANTINE = "quarantine"
DEAR = {Criticality.LIFE, Criticality.HIGH}


@dataclass(frozen=True)
class Seen:
    """A host that is not well, or was not when it was last looked at."""

    host: Host
    state: HostState
    standing: Standing
    is_always_on: bool


def look(at: datetime, settings: Settings) -> Iterator[None]:
    """Signal what is bad about each host now, and what was and is so no more."""
    watch = host_standing.watch(at=at, zone=ZoneInfo(settings.time_zone), within=true())
    is_fit = vigils.stand_guard(at=at)
    standings = _standings(watch)
    known = _known_rules()
    if is_fit:
        found = site_silence.signals(standings, at=at, awake_since=vigils.awake_since())
        signal_all(found, at=at)
    yield
    ids = sorted({*standings, *known})
    for start in range(0, len(ids), TOGETHER):
        some = _seen(ids[start : start + TOGETHER], standings)
        signal_all(
            [each for one in some for each in _signals(one, known[one.host.id], at, is_fit=is_fit)],
            at=at,
        )
        yield


def _standings(watch: Watch) -> dict[int, Standing]:
    """Return every approved host that is not OK."""
    statement = approved(Host.id, STANDING, hot=TROUBLE).where(watch.within)
    rows = db.session.execute(statement, watch.given)
    return {key: Standing(value) for key, value in rows.all() if value != Standing.OK}


def _known_rules() -> dict[int, set[str]]:
    """Return the rules by which there is an episode now, by host."""
    found: dict[int, set[str]] = defaultdict(set)
    rows = db.session.execute(
        select(Alert.host_id, Alert.rule).where(
            Alert.open_key.is_not(None), Alert.host_id.is_not(None)
        )
    )
    for host_id, rule in rows:
        found[host_id or 0].add(rule)
    return found


def _seen(ids: Sequence[int], standings: dict[int, Standing]) -> list[Seen]:
    rows = db.session.execute(
        select(Host, HostState)
        .join(HostState, HostState.host_id == Host.id)
        .where(Host.id.in_(ids))
        .options(joinedload(Host.asset).joinedload(Asset.type))
    )
    return [
        Seen(
            host,
            state,
            standings.get(host.id, Standing.OK),
            host.asset is not None and host.asset.type.is_always_on,
        )
        for host, state in rows
    ]


def _signals(seen: Seen, known: set[str], at: datetime, *, is_fit: bool) -> Iterator[Signal]:
    """Yield what is bad, and what was; while a host is not heard, what it said last stands."""
    subject = of_host(seen.host)
    shown = seen.state.shown(at)
    if seen.host.quarantined_at is not None:
        yield Signal(subject, QUARANTINE, _finding(QUARANTINE, Message("cause.quarantined")))
        return
    yield from _well(subject, {QUARANTINE} & known)
    if not _is_live(seen.host):
        yield from _well(subject, known)
    elif shown.reason is None:
        findings = [one for one in seen.state.findings if _counts(one, seen)]
        bad = {rules.fitted(one["name"]) for one in findings}
        yield from _well(subject, known - bad - {QUARANTINE})
        for one in findings:
            yield Signal(subject, one["name"], _read(one), _since(one, seen.state))
    elif is_fit and seen.standing is Standing.UNKNOWN and _is_overdue(seen.state, at):
        since = seen.state.farewell_at or seen.state.stale_at
        yield Signal(subject, rules.SILENCE, _finding(rules.SILENCE, shown.reason), since)


def _well(subject: Subject, names: set[str]) -> Iterator[Signal]:
    for name in sorted(names):
        yield Signal(subject, name, Finding(name, State.OK, Message("alert.well_again")))


def _counts(finding: dict[str, Any], seen: Seen) -> bool:
    """Whether a finding is worth an alert: of an ordinary PC only what is critical is."""
    if not finding["counts"] or finding["state"] == State.OK:
        return False
    asset = seen.host.asset
    is_dear = seen.is_always_on or (asset is not None and asset.criticality in DEAR)
    return is_dear or finding["state"] == State.CRITICAL


def _since(finding: dict[str, Any], state: HostState) -> datetime | None:
    """Return since when a host is in the state that a finding explains."""
    return state.state_since_at if finding["state"] == state.state else None


def _is_live(host: Host) -> bool:
    return host.enrolment == "approved" and host.merged_into_id is None


def _is_overdue(state: HostState, at: datetime) -> bool:
    since = state.farewell_at or state.stale_at
    return since is not None and at - since >= rules.PATIENCE


def _finding(name: str, why: Message) -> Finding:
    return Finding(name, State.UNKNOWN, why)


def _read(stored: dict[str, Any]) -> Finding:
    message = Message.from_json(stored["message"])
    return Finding(stored["name"], State(stored["state"]), message)
