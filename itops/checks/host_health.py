"""What a host's health report means: findings, worst first, and what counts up in a row."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from itops.checks.base import BOARD_ORDER, Finding, Limits, State
from itops.checks.host_limits import DAY, DEFAULTS, GIB, READ_ONLY_FILE_SYSTEMS, HostLimits, Rule
from itops.checks.host_report import Disk, Health
from itops.errors import Message

#: What a host remembers between reports (plain JSON): counts in a row, what was dropped, antivirus.
Memory = Mapping[str, Any]


@dataclass(slots=True)
class Assessment:
    """What came out of one report, while it is being made."""

    limits: HostLimits
    before: Memory
    at: float
    findings: list[Finding] = field(default_factory=list)
    #: What can't be seen here: shown, but it makes nobody worse.
    asides: list[Finding] = field(default_factory=list)
    memory: dict[str, Any] = field(default_factory=dict)

    def add(self, name: str, state: State, key: str, *, counts: bool = True, **params: Any) -> None:
        finding = Finding(name, state, Message(key, params), counts=counts)
        (self.findings if counts else self.asides).append(finding)

    def grade(self, name: str, rule: Rule, value: float, key: str, **params: Any) -> None:
        """Judge a figure that is worse the higher it is; say it once it was so often enough."""
        if value < rule.floor:
            return
        state = rule.limits.grade(value)
        times = self.before.get(name, 0) + 1
        if rule.in_a_row > 1:
            self.memory[name] = times
        if times >= rule.in_a_row:
            self.add(name, state, key, value=round(value, 1), **params)


def assess(
    report: Health,
    before: Memory,
    *,
    at: float,
    skew: float = 0.0,
    expects_antivirus: bool = False,
    limits: HostLimits = DEFAULTS,
) -> tuple[State, list[Finding], dict[str, Any]]:
    """Given a report and what the host remembers, return its state, findings and new memory.

    `at` is the report's time in epoch seconds by our clock, `skew` how far the host's is ahead.

    Findings that don't count (what can't be seen here, and why) stand last.
    """
    result = Assessment(limits, before, at)
    _load(report, result)
    for disk in report.disks:
        _disk(disk, result)
    _temperatures(report, result)
    result.grade("clock", limits.clock_skew, abs(skew), "finding.clock")
    _battery(report, result)
    _dropped(report, result)
    _antivirus(result, expects_antivirus=expects_antivirus)
    for unseen in report.unseen:
        result.asides.append(_aside(unseen.what, unseen.why))
    found = result.findings
    if not found:
        return State.OK, result.asides, result.memory
    found.sort(key=lambda each: BOARD_ORDER.index(each.state))
    state = State.worst(*(finding.state for finding in found))
    return state, found + result.asides, result.memory


@lru_cache(maxsize=1024)
def _aside(what: str, why: str) -> Finding:
    """Return the finding for something that can't be seen; nearly all hosts share a few."""
    message = Message(f"finding.unseen.{why}", {"what": Message(f"unseen.{what}")})
    return Finding(what, State.UNKNOWN, message, counts=False)


def _load(report: Health, result: Assessment) -> None:
    limits = result.limits
    result.grade("cpu", limits.cpu, report.cpu.percent, "finding.cpu", n=limits.cpu.in_a_row)
    memory = report.memory
    if memory.total_bytes:
        used = 100.0 * (memory.total_bytes - memory.available_bytes) / memory.total_bytes
        result.grade("memory", limits.memory, used, "finding.memory")
    if report.swap is not None and report.swap.total_bytes:
        used = 100.0 * report.swap.used_bytes / report.swap.total_bytes
        result.grade("swap", limits.swap, used, "finding.swap")


def _disk(disk: Disk, result: Assessment) -> None:
    limits, name = result.limits, f"disk:{disk.mount}"
    if disk.state != "ok":
        is_counted = disk.state != "denied"
        key = f"finding.disk_{disk.state}"
        result.add(name, State.UNKNOWN, key, counts=is_counted, mount=disk.mount)
        return
    total, free = disk.total_bytes, disk.free_bytes
    if not isinstance(total, int) or not isinstance(free, int) or not total:
        return
    if disk.fstype in READ_ONLY_FILE_SYSTEMS:
        return
    state, used = State.OK, 100.0 * (total - free) / total
    if free < limits.disk_plenty_bytes:
        state = limits.disk_used.limits.grade(used)
        low = _grade_low(limits.disk_free.limits, free)
        if low is not State.OK and total >= limits.disk_small_bytes:
            state = State.worst(state, low)
    if state is not State.OK:
        used, left = round(used, 1), gigabytes(free)
        result.add(name, state, "finding.disk", mount=disk.mount, value=used, free=left)
    inodes = disk.inodes_percent
    if isinstance(inodes, float) and inodes >= limits.inodes.floor:
        result.grade(f"{name}:inodes", limits.inodes, inodes, "finding.inodes", mount=disk.mount)


def _grade_low(limits: Limits, value: float) -> State:
    """Given a figure that is worse the lower it is, return its state."""
    if limits.critical is not None and value <= limits.critical:
        return State.CRITICAL
    if limits.warning is not None and value <= limits.warning:
        return State.WARNING
    return State.OK


def gigabytes(count: float) -> str:
    """Return bytes as people read them, with two figures or more.

    >>> gigabytes(1_500_000_000), gigabytes(40 * 1024**3)
    ('1.4 GB', '40 GB')
    """
    value = count / GIB
    return f"{value:.1f} GB" if value < 10 else f"{value:.0f} GB"


def _temperatures(report: Health, result: Assessment) -> None:
    rule, margin = result.limits.temperature, result.limits.temperature_margin
    for sensor in report.temperatures:
        own, high = rule, sensor.high_celsius
        if high is not None and 40 <= high <= 120:
            if sensor.celsius < high:
                continue
            bounds = Limits(high, high + margin)
            own = Rule(bounds, rule.source, rule.in_a_row)
        name = f"temperature:{sensor.label}"
        result.grade(name, own, sensor.celsius, "finding.temperature", label=sensor.label)


def _battery(report: Health, result: Assessment) -> None:
    battery, rule = report.battery, result.limits.battery
    if battery is None or battery.plugged is not False:
        return
    state = _grade_low(rule.limits, battery.percent)
    if state is State.OK:
        return
    times = result.memory["battery"] = result.before.get("battery", 0) + 1
    if times >= rule.in_a_row:
        result.add("battery", state, "finding.battery", value=round(battery.percent))


def _dropped(report: Health, result: Assessment) -> None:
    """Say for a day that reports were lost because the host could not send them in time."""
    dropped = report.spool.dropped
    if not dropped:
        return
    known, since = result.before.get("dropped", [0, 0.0])
    if dropped > known:
        since = result.at
    result.memory["dropped"] = [dropped, since]
    if result.at - since < result.limits.dropped_seconds:
        result.add("spool", State.WARNING, "finding.dropped", n=dropped)


def _antivirus(result: Assessment, *, expects_antivirus: bool) -> None:
    """Judge what the newest inventory said of antivirus; its age grows between inventories."""
    known = result.before.get("antivirus")
    if known is not None:
        result.memory["antivirus"] = known
    if not known:
        if expects_antivirus:
            key = "finding.antivirus_missing" if known == [] else "finding.antivirus_not_known"
            state = State.CRITICAL if known == [] else State.UNKNOWN
            result.add("antivirus", state, key)
        return
    for product, enabled, signature_at in known:
        if enabled is not False:
            _signatures(product, signature_at, result, is_expected=expects_antivirus)
    if all(enabled is False for _, enabled, _ in known):
        product = known[0][0]
        result.add("antivirus", State.CRITICAL, "finding.antivirus_off", product=product)


def _signatures(
    product: str, signature_at: float | None, result: Assessment, *, is_expected: bool
) -> None:
    if signature_at is None:
        key = "finding.antivirus_age_not_known"
        result.add("antivirus", State.UNKNOWN, key, counts=is_expected, product=product)
        return
    age = result.at - signature_at
    state = result.limits.antivirus_age.limits.grade(age)
    if state is not State.OK:
        days = int(age // DAY)
        result.add("antivirus", state, "finding.antivirus_old", product=product, n=days)
