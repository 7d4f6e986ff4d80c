"""How long a server's certificate is still good, and whether a client would trust it."""

from dataclasses import dataclass

from itops.checks.answers import TlsAnswer
from itops.checks.base import Finding, Limits, State, Unreadable
from itops.checks.kind import CheckKind, LimitField, LimitSet
from itops.checks.metrics import Unit
from itops.checks.parameters import HOST_NAME, PORT, SECONDS, YES_NO, parameter
from itops.checks.questions import TlsQuestion, Transport
from itops.errors import Message


@dataclass(frozen=True)
class Params:
    port: int = parameter(PORT, 443)
    host_name: str = parameter(HOST_NAME, "")
    #: Many devices have only a certificate that they made themselves.
    must_be_trusted: bool = parameter(YES_NO, default=True)
    timeout_seconds: float = parameter(SECONDS, 10.0)


def ask(params: Params) -> TlsQuestion:
    return TlsQuestion(params.port, params.host_name, params.timeout_seconds)


def parse(answer: TlsAnswer) -> TlsAnswer:
    """Return the answer. Raise Unreadable if it shows a certificate without an end."""
    if answer.failure is None and answer.expires_at is None:
        raise Unreadable("check.unreadable", tool="TLS")
    return answer


def evaluate(parsed: TlsAnswer, params: Params, limits: LimitSet) -> Finding:
    """Judge the days that are left, and mistrust as a warning (an expired one is critical)."""
    if parsed.failure is not None or parsed.expires_at is None:
        silent = Message("check.tls.silent", {"port": params.port, "reason": parsed.failure})
        return Finding("tls", State.CRITICAL, silent)
    days = (parsed.expires_at - parsed.asked_at).total_seconds() / 86_400
    metrics = {"tls.days_left": round(days, 2)}
    said = {"subject": parsed.subject, "days": round(days, 1)}
    if days <= 0:
        expired = Message("check.tls.expired", {**said, "days": round(-days, 1)})
        return Finding("tls", State.CRITICAL, expired, metrics)
    state = limits["days_left"].grade_low(days)
    if state is State.OK and parsed.distrust is not None and params.must_be_trusted:
        why = Message("check.tls.distrusted", {**said, "reason": parsed.distrust})
        return Finding("tls", State.WARNING, why, metrics)
    return Finding("tls", state, Message("check.tls.said", said), metrics)


KIND = CheckKind(
    name="tls",
    transport=Transport.TLS,
    params=Params,
    ask=ask,
    parse=parse,
    evaluate=evaluate,
    limits=(LimitField("days_left", Limits(30, 7), Unit.DAYS, is_lower_worse=True),),
    interval_seconds=6 * 3600,
    metrics=("tls.days_left",),
)
