"""Whether a page answers as it should: its status, a phrase in it, and how soon."""

from dataclasses import dataclass

from itops.checks.answers import HttpAnswer
from itops.checks.base import Finding, Limits, State
from itops.checks.kind import CheckKind, LimitField, LimitSet
from itops.checks.metrics import Unit
from itops.checks.parameters import (
    HOST_NAME,
    PHRASE,
    PORT,
    SECONDS,
    WEB_PATH,
    YES_NO,
    parameter,
    whole,
)
from itops.checks.questions import HttpQuestion, Transport
from itops.errors import Message


@dataclass(frozen=True)
class Params:
    """`host_name` is asked for and checked on the certificate; empty for the address itself."""

    is_tls: bool = parameter(YES_NO, default=True)
    port: int = parameter(PORT, 443)
    host_name: str = parameter(HOST_NAME, "")
    path: str = parameter(WEB_PATH, "/")
    status: int = parameter(whole(100, 599), 200)
    contains: str = parameter(PHRASE, "")
    follows: int = parameter(whole(0, 5), 3)
    timeout_seconds: float = parameter(SECONDS, 10.0)


def ask(params: Params) -> HttpQuestion:
    return HttpQuestion(
        port=params.port,
        path=params.path,
        is_tls=params.is_tls,
        host_name=params.host_name,
        timeout_seconds=params.timeout_seconds,
        follows=params.follows,
    )


def parse(answer: HttpAnswer) -> HttpAnswer:
    """Return the answer: what is looked for in it is not known here."""
    return answer


def evaluate(parsed: HttpAnswer, params: Params, limits: LimitSet) -> Finding:
    """Judge first whether it answers, then what, then how soon."""
    if parsed.failure is not None:
        silent = Message("check.http.silent", {"reason": parsed.failure})
        return Finding("http", State.CRITICAL, silent)
    metrics = {"http.response_seconds": round(parsed.seconds, 4)}
    if parsed.status != params.status:
        said = {"status": parsed.status, "expected": params.status}
        return Finding("http", State.CRITICAL, Message("check.http.status", said), metrics)
    if params.contains and params.contains not in parsed.body:
        key = "check.http.too_long" if parsed.is_truncated else "check.http.lacks"
        state = State.UNKNOWN if parsed.is_truncated else State.CRITICAL
        return Finding("http", state, Message(key, {"phrase": params.contains}), metrics)
    said = {"status": parsed.status, "value": round(parsed.seconds * 1000)}
    state = limits["response"].grade(parsed.seconds)
    return Finding("http", state, Message("check.http.said", said), metrics)


KIND = CheckKind(
    name="http",
    transport=Transport.HTTP,
    params=Params,
    ask=ask,
    parse=parse,
    evaluate=evaluate,
    limits=(LimitField("response", Limits(2, 5), Unit.SECONDS),),
    interval_seconds=60,
    metrics=("http.response_seconds",),
)
