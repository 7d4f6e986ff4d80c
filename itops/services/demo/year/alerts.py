"""The demo's alerts of the year: opened, taken, over. Nobody was ever told of them."""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import insert, select

from itops.checks.base import Finding, State
from itops.checks.host_health import gigabytes
from itops.db import db
from itops.errors import Message
from itops.models import Alert, AlertEvent, AlertStatus, Host, HostState, Role
from itops.services.alerting import rules
from itops.services.alerting.signals import Signal, signal_all
from itops.services.alerting.subjects import Subject, of_check, of_host
from itops.services.demo.machines import SEED, Machine, Story, machines
from itops.services.demo.year import outages
from itops.services.demo.year.check_list import UPS_BY_NUT
from itops.services.demo.year.known import YEAR_DAYS, Known
from itops.services.demo.year.troubles import OUTAGES, POWER_CUTS

#: How many alerts of single machines there are in a year, beside outages and power cuts.
OF_MACHINES = 96
#: The server whose full disk is the year's last trouble.
FULL = "LIS-SRV-01"


@dataclass(frozen=True)
class Episode:
    """One alert from its beginning to its end; people take it after a while, or never."""

    subject: Subject
    rule: str
    finding: Finding
    began_at: datetime
    lasted: timedelta
    taken_after: timedelta | None = None
    taken_by: str = ""
    facts: dict[str, Any] = field(default_factory=dict)

    @property
    def ended_at(self) -> datetime:
        return self.began_at + self.lasted


def write_alerts(known: Known) -> None:
    """Write the alerts that are over, the oldest first, with their timelines."""
    found = [*_of_outages(known), *_of_power_cuts(known), *_of_machines(known)]
    found.sort(key=lambda one: one.began_at)
    ids = db.session.scalars(
        insert(Alert).returning(Alert.id, sort_by_parameter_order=True),
        [_row(each) for each in found],
    ).all()
    events = [row for key, each in zip(ids, found, strict=True) for row in _events(key, each)]
    db.session.execute(insert(AlertEvent), events)


def open_alerts(known: Known) -> None:
    """Open what is wrong with machines now, as of when it began; some of it somebody has taken."""
    hosts = {machine.name: machine for machine in machines()}
    signals: dict[datetime, list[Signal]] = {}
    rows = db.session.execute(
        select(Host, HostState)
        .join(HostState, HostState.host_id == Host.id)
        .where(Host.is_demo, Host.asset_id.is_not(None))
    )
    for host, state in rows:
        machine = hosts[host.name]
        if machine.is_server or machine.story is Story.DISK_FULL:
            for each in state.findings:
                if each["counts"] and each["state"] != State.OK:
                    began = state.state_since_at or known.at
                    signals.setdefault(began, []).append(_as_signal(host, each))
    for at in sorted(signals):
        signal_all(signals[at], at=at)
    _take_one(known)


def _of_outages(known: Known) -> Iterator[Episode]:
    for number, outage in enumerate(OUTAGES):
        began = outages.began(outage, known)
        is_day = 8 <= outage.hour < 18
        found = outages.finding(outage, known)
        yield Episode(
            of_check(outages.check_of(outage, known)),
            rules.CHECK,
            found,
            began + outages.SOFT,
            timedelta(minutes=outage.minutes) - outages.SOFT,
            timedelta(minutes=(3 if is_day else 11) + number % 5),
            _name(known, Role.ENGINEER if is_day else Role.DUTY_OFFICER),
        )


def _of_power_cuts(known: Known) -> Iterator[Episode]:
    for cut in POWER_CUTS:
        for tag in UPS_BY_NUT:
            finding = Finding(
                "ups_nut", State.WARNING, Message("check.ups.on_battery", {"said": ""})
            )
            yield Episode(
                of_check(known.checks[f"{tag} 供电"]),
                rules.CHECK,
                finding,
                known.on(cut.days_ago, cut.hour, cut.minute),
                timedelta(minutes=cut.minutes),
                timedelta(minutes=2),
                _name(known, Role.DUTY_OFFICER),
            )


def _of_machines(known: Known) -> Iterator[Episode]:
    """Yield troubles of single machines, spread over the year; most by day, in working weeks."""
    chance = random.Random(SEED)  # noqa: S311 - the same year each time is what is wanted
    chosen = [one for one in machines() if one.story is Story.NONE]
    servers = [one for one in chosen if one.is_server]
    for _ in range(OF_MACHINES):
        machine = chance.choice(servers if chance.random() < 0.6 else chosen)
        rule, finding = _trouble(machine, chance)
        hour = chance.choice((2, 5, 7, 8, 9, 9, 10, 11, 14, 15, 16, 17, 20, 22))
        began = known.on(chance.randrange(3, YEAR_DAYS - 2), hour, chance.randrange(60))
        is_day = 8 <= hour < 18
        is_long = rule == rules.SILENCE or rule.startswith("disk:")
        yield Episode(
            of_host(known.machines[machine.name]),
            rule,
            finding,
            began,
            timedelta(minutes=chance.randrange(18, 300 if is_long else 70)),
            timedelta(minutes=chance.randrange(2, 16)) if is_day else None,
            _name(known, chance.choice((Role.ENGINEER, Role.DUTY_OFFICER))) if is_day else "",
        )


def _trouble(machine: Machine, chance: random.Random) -> tuple[str, Finding]:
    disk = machine.disks[-1]
    used = round(chance.uniform(95.1, 98.9), 1)
    free = gigabytes(int(disk.total_bytes * (100 - used) / 100))
    said = {"mount": disk.mount, "value": used, "free": free}
    troubles = (
        (f"disk:{disk.mount}", State.CRITICAL, Message("finding.disk", said)),
        ("memory", State.WARNING, Message("finding.memory", {"value": 91.4})),
        (rules.SILENCE, State.UNKNOWN, Message("host_state.silent")),
    )
    rule, state, message = troubles[chance.randrange(len(troubles))]
    return rule, Finding(rule, state, message)


def _name(known: Known, role: Role) -> str:
    return known.people[role].name


def _row(each: Episode) -> dict[str, Any]:
    subject = each.subject
    taken_at = each.began_at + each.taken_after if each.taken_after is not None else None
    if taken_at is not None and taken_at >= each.ended_at:
        taken_at = None
    return {
        "subject": subject.key,
        "rule": rules.fitted(each.rule),
        "status": AlertStatus.RESOLVED,
        "state": each.finding.state,
        "worst": each.finding.state,
        "subject_name": subject.name,
        "subject_name_en": subject.name_en,
        "criticality": subject.criticality,
        "message": each.finding.message.as_json(),
        "facts": dict(each.finding.metrics),
        "site_id": subject.site_id,
        "department_id": subject.department_id,
        "host_id": subject.host_id,
        "asset_id": subject.asset_id,
        "module_id": subject.module_id,
        "check_id": subject.check_id,
        "backup_job_id": subject.backup_job_id,
        "streak": subject.attempts or 1,
        "first_seen_at": each.began_at,
        "last_seen_at": each.ended_at,
        "opened_at": each.began_at,
        "acknowledged_at": taken_at,
        "acknowledged_by": each.taken_by if taken_at else "",
        "resolved_at": each.ended_at,
        "returns": 0,
        "is_demo": True,
    }


def _events(key: int, each: Episode) -> Iterator[dict[str, Any]]:
    why = {"why": each.finding.message.as_json()}
    row = _row(each)
    yield _event(key, each.began_at, "alert.event.opened", each.finding.state, params=why)
    if row["acknowledged_at"]:
        yield _event(key, row["acknowledged_at"], "alert.event.taken", None, by=each.taken_by)
    yield _event(key, each.ended_at, "alert.event.resolved", State.OK)


def _event(
    key: int,
    at: datetime,
    name: str,
    state: State | None,
    *,
    by: str = "",
    params: dict[str, Any] | None = None,
) -> dict[str, Any]:
    return {
        "alert_id": key,
        "at": at,
        "by": by,
        "state": state,
        "key": name,
        "params": params or {},
    }


def _as_signal(host: Host, stored: dict[str, Any]) -> Signal:
    message = Message.from_json(stored["message"])
    found = Finding(stored["name"], State(stored["state"]), message)
    return Signal(of_host(host), stored["name"], found)


def _take_one(known: Known) -> None:
    """Let the duty officer have taken the full disk of the laboratory's server."""
    wanted = select(Alert).where(
        Alert.host_id == known.machines[FULL].id, Alert.status == AlertStatus.OPEN
    )
    alert = db.session.scalars(wanted.order_by(Alert.id).limit(1)).first()
    if alert is None or alert.opened_at is None:
        return
    at = alert.opened_at + timedelta(minutes=6)
    alert.move_to(AlertStatus.ACKNOWLEDGED, at=at)
    alert.acknowledged_by = _name(known, Role.DUTY_OFFICER)
    db.session.add(
        AlertEvent(
            alert_id=alert.id, at=at, by=alert.acknowledged_by, key="alert.event.taken", params={}
        )
    )
