"""What a report does to a host's state: a new verdict, a farewell, or nothing when it is late."""

from itops.checks.base import Finding, State
from itops.checks.host_health import assess
from itops.checks.host_report import Farewell, Health
from itops.errors import Message
from itops.services.intake.known import Known
from itops.services.intake.messages import Delivery
from itops.services.intake.writes import FAREWELL, MEMORY, SEEN, SERVICES, STATE, Writes, as_text

#: A host is silent, and a report late, after so many intervals.
INTERVALS_TO_SILENCE = 3
#: A clock that is off by less may be right: reports take their time on the road.
SKEW_SECONDS = 2.0


def _said(name: str, key: str) -> str:
    return as_text([Finding(name, State.UNKNOWN, Message(key)).as_json()])


SILENT = _said("silence", "host_state.silent")
FAREWELLS = {
    reason: _said("farewell", f"host_state.{reason}") for reason in ("shutdown", "service_stop")
}


def skew_of(delivery: Delivery) -> float:
    """Return how many seconds the host's clock is ahead of ours."""
    skew = delivery.envelope.sent_at - delivery.received_at
    return skew if abs(skew) >= SKEW_SECONDS else 0.0


def lifetime_of(report: Health) -> float:
    """Return for how many seconds a report says something about the present."""
    return INTERVALS_TO_SILENCE * report.interval_seconds


def our_time(report: Health, delivery: Delivery, skew: float) -> float:
    """Return when a report was taken, by our clock; never later than we received it.

    An old report was taken by the clock of its time, whose skew it tells itself.
    """
    own = report.clock_skew_seconds
    if own is not None and delivery.envelope.sent_at - report.taken_at > lifetime_of(report):
        skew = own if abs(own) >= SKEW_SECONDS else 0.0
    return min(max(report.taken_at - skew, 0.0), delivery.received_at)


def judge(
    host: Known, report: Health, raw: bytes, delivery: Delivery, at: float, writes: Writes
) -> None:
    """Let a health report that was taken `at` decide the host's state, unless it is late."""
    received_at, lifetime = delivery.received_at, lifetime_of(report)
    if at < received_at - lifetime or at < (host.taken or 0.0) or at < (host.farewell or 0.0):
        return
    stale = received_at + lifetime
    state, findings, host.memory = assess(
        report,
        host.memory,
        at=at,
        skew=skew_of(delivery),
        expects_antivirus=host.system == "Windows",
    )
    written = f"[{','.join(finding.text for finding in findings)}]"
    _transit(host, state, written, at=at, writes=writes)
    host.taken, host.farewell, host.stale = at, None, stale
    writes.put(
        STATE,
        host.id,
        (
            writes.moment(at),
            writes.moment(stale),
            state.value,
            writes.moment(host.since),
            written,
            as_text(host.memory) if host.memory else "{}",
            raw,
            writes.moment(received_at),
            host.id,
        ),
    )
    for older in (SEEN, FAREWELL, MEMORY):
        writes.drop(older, host.id)
    if report.services is not None:
        writes.put(SERVICES, host.id, (as_text(report.services).encode(), host.id))


def _transit(host: Known, state: State, findings: str, *, at: float, writes: Writes) -> None:
    """Write how the host came from the state that was shown to the new one."""
    if host.farewell is not None or host.stale is None:
        host.state = State.UNKNOWN  # a farewell wrote its change when it came
    elif host.stale < at and host.state is not State.UNKNOWN:
        writes.change(host, State.UNKNOWN, SILENT, at=host.stale)
    if host.state is not state or host.since is None:
        writes.change(host, state, findings, at=at)


def part(host: Known, report: Farewell, *, at: float, writes: Writes) -> None:
    """Note that a host said farewell `at`, unless it has been heard of since."""
    if host.taken is not None and at < host.taken:
        return
    if host.farewell is None and host.stale is not None and host.state is not State.UNKNOWN:
        verdict, since = host.state, host.since
        writes.change(host, State.UNKNOWN, FAREWELLS[report.reason], at=at)
        host.state, host.since = verdict, since  # what is stored stays the last verdict
    host.farewell = at
    writes.put(FAREWELL, host.id, (writes.moment(at), report.reason, host.id))
