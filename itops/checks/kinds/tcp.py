"""Whether a port takes a connection, and how soon."""

from dataclasses import dataclass

from itops.checks.answers import TcpAnswer
from itops.checks.base import Finding, Limits, State
from itops.checks.kind import CheckKind, LimitField, LimitSet
from itops.checks.metrics import Unit
from itops.checks.parameters import PORT, SECONDS, parameter
from itops.checks.questions import TcpQuestion, Transport
from itops.errors import Message


@dataclass(frozen=True)
class Params:
    port: int = parameter(PORT)
    timeout_seconds: float = parameter(SECONDS, 5.0)


def ask(params: Params) -> TcpQuestion:
    return TcpQuestion(params.port, params.timeout_seconds)


def parse(answer: TcpAnswer) -> TcpAnswer:
    """Return the answer: a connection has no more to say than that it came about."""
    return answer


def evaluate(parsed: TcpAnswer, params: Params, limits: LimitSet) -> Finding:
    """Nobody who answers is critical: that is what the check is there to find."""
    if parsed.failure is not None:
        said = {"port": params.port, "reason": parsed.failure}
        return Finding("tcp", State.CRITICAL, Message("check.tcp.silent", said))
    said = {"port": params.port, "value": round(parsed.seconds * 1000)}
    metrics = {"tcp.connect_seconds": round(parsed.seconds, 4)}
    state = limits["response"].grade(parsed.seconds)
    return Finding("tcp", state, Message("check.tcp.said", said), metrics)


KIND = CheckKind(
    name="tcp",
    transport=Transport.TCP,
    params=Params,
    ask=ask,
    parse=parse,
    evaluate=evaluate,
    limits=(LimitField("response", Limits(1, 3), Unit.SECONDS),),
    interval_seconds=60,
    metrics=("tcp.connect_seconds",),
)
