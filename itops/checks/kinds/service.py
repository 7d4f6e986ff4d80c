"""Whether a service of systemd runs."""

from dataclasses import dataclass

from itops.checks.answers import Output
from itops.checks.base import Finding, State, Unreadable
from itops.checks.kind import CheckKind, LimitSet, last_line
from itops.checks.parameters import UNIT_NAME, parameter
from itops.checks.questions import Command, Transport
from itops.errors import Message

COMMAND = (
    "export LC_ALL=C; systemctl show --no-pager"
    ' --property=Id,LoadState,ActiveState,SubState,Result -- "$1"'
)
NEEDED = ("LoadState", "ActiveState", "SubState")
#: systemd's unit states (org.freedesktop.systemd1, ActiveState), and what we think of them.
STATES = {
    "active": State.OK,
    "reloading": State.OK,
    "refreshing": State.OK,
    "activating": State.WARNING,
    "deactivating": State.WARNING,
    "maintenance": State.WARNING,
    "inactive": State.CRITICAL,
    "failed": State.CRITICAL,
}


@dataclass(frozen=True)
class Params:
    """Which unit; ".service" may be left out."""

    unit: str = parameter(UNIT_NAME)


@dataclass(frozen=True)
class Unit:
    load_state: str
    active_state: str
    sub_state: str
    result: str = ""


def ask(params: Params) -> Command:
    return Command("service", COMMAND, (params.unit,))


def parse(output: Output) -> Unit:
    """Given what systemctl printed, return the unit. Raise Unreadable.

    Result=success
    Id=ssh.service
    LoadState=loaded
    ActiveState=active
    SubState=running
    """
    pairs = dict(line.split("=", 1) for line in output.stdout.splitlines() if "=" in line)
    if any(name not in pairs for name in NEEDED):
        if said := last_line(output.stderr):
            raise Unreadable("check.service.no_systemd", said=said)
        raise Unreadable("check.unreadable", tool="systemctl")
    load_state, active_state, sub_state = (pairs[name] for name in NEEDED)
    return Unit(load_state, active_state, sub_state, pairs.get("Result", ""))


def evaluate(parsed: Unit, params: Params, limits: LimitSet) -> Finding:  # noqa: ARG001
    """Judge the unit's state. One that is not there says nothing about the service meant."""
    if parsed.load_state != "loaded":
        raise Unreadable("check.service.not_loaded", unit=params.unit, state=parsed.load_state)
    state = STATES.get(parsed.active_state, State.UNKNOWN)
    said = {"unit": params.unit, "active": parsed.active_state, "sub": parsed.sub_state}
    key = "check.service.said"
    if state is State.CRITICAL and parsed.result not in ("", "success"):
        key, said = "check.service.failed", {**said, "result": parsed.result}
    metrics = {"service.is_active": float(state is State.OK)}
    return Finding("service", state, Message(key, said), metrics)


KIND = CheckKind(
    name="service",
    transport=Transport.SSH,
    params=Params,
    ask=ask,
    parse=parse,
    evaluate=evaluate,
    metrics=("service.is_active",),
)
