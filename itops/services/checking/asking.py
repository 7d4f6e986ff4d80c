"""Carrying a check out: the question asked, the answer judged; no database is touched.

Import this late: what speaks SSH takes a third of a second to load.
"""

import atexit
from dataclasses import replace

from itops.checks.answers import Answer, HttpAnswer, TcpAnswer, TlsAnswer
from itops.checks.base import Finding, State
from itops.checks.catalogue import CHECKS
from itops.checks.kind import conclude, unknown
from itops.clock import monotonic, utcnow
from itops.errors import Message
from itops.remote import asking
from itops.remote.errors import (
    HostKeyChanged,
    HostKeyUnknown,
    RemoteError,
    SnmpSilent,
    TimedOut,
    Unreachable,
)
from itops.remote.ssh import Transports, fingerprint
from itops.services.checking.results import MetKey, Result
from itops.services.checking.targets import target
from itops.services.checking.tasks import Task
from itops.services.checking.transcripts import excerpt
from itops.services.secrets import reflected

#: Whoever is there gets beyond these.
SILENT_STAGES = ("connect", "banner")
SILENCES = [Unreachable().message, *(TimedOut(stage).message for stage in SILENT_STAGES)]
#: Connections of this process, kept between rounds.
TRANSPORTS = Transports()
atexit.register(TRANSPORTS.close)


class Look:
    """One look at one thing, from its beginning on."""

    def __init__(self, task: Task) -> None:
        self.task = task
        self.began_at, self._began = utcnow(), monotonic()

    def carry_out(self, transports: Transports) -> Result:
        """Ask and judge. Whatever the other side does, the answer is a result."""
        if self.task.problem is not None:
            finding = Finding(self.task.kind, State.UNKNOWN, self.task.problem)
            return Result(finding, self.began_at, 0.0, is_final=True)
        try:
            question = CHECKS[self.task.kind].ask(self.task.params)
            return self._judged(asking.ask(question, target(self.task), transports))
        except HostKeyUnknown:
            return self._met_a_key()
        except HostKeyChanged as error:
            return self._met_another_key(error)
        except RemoteError as error:
            return self._failed(error)

    def _judged(self, answer: Answer) -> Result:
        kind, secrets = CHECKS[self.task.kind], secrets_of(self.task)
        finding = conclude(kind, answer, self.task.params, self.task.limits)
        params = reflected.hidden_in(finding.message.params, secrets)
        return Result(
            replace(finding, message=Message(finding.message.key, params)),
            self.began_at,
            self._seconds(),
            transcript=reflected.hidden(excerpt(answer), secrets),
            is_answering=not is_silent(answer),
            has_signed_in=self.task.account is not None,
        )

    def _failed(self, error: RemoteError) -> Result:
        finding = unknown(CHECKS[self.task.kind], error)
        is_answering = not is_silence(error)
        return Result(finding, self.began_at, self._seconds(), is_answering=is_answering)

    def _met_a_key(self) -> Result:
        """Nobody has approved a key: look at the one that the machine shows, and send nothing."""
        try:
            met = self._key()
        except RemoteError as error:
            return self._failed(error)
        why = Message("check_state.host_key_waits", {"fingerprint": met.fingerprint})
        finding = Finding(self.task.kind, State.UNKNOWN, why)
        return Result(finding, self.began_at, self._seconds(), met=met, is_final=True)

    def _met_another_key(self, error: HostKeyChanged) -> Result:
        """Another key than the approved one: critical, until a person has said what it means."""
        try:
            met = self._key()
        except RemoteError:
            met = None
        finding = Finding("host_key", State.CRITICAL, error.message)
        return Result(finding, self.began_at, self._seconds(), met=met, is_final=True)

    def _key(self) -> MetKey:
        seen = fingerprint(self.task.place.address, self.task.place.port)
        return MetKey(seen.algorithm, seen.base64, seen.sha256)

    def _seconds(self) -> float:
        return monotonic() - self._began


def carry_out(task: Task, transports: Transports = TRANSPORTS) -> Result:
    """Carry a check out within the limits of time and size of `remote`."""
    return Look(task).carry_out(transports)


def secrets_of(task: Task) -> tuple[str, ...]:
    """Return what a check signs in with: a strange machine may print it."""
    return (task.account.secret,) if task.account is not None else ()


def is_silence(error: RemoteError) -> bool:
    """Whether nobody answered at all, which costs a thread the whole time limit."""
    return isinstance(error, Unreachable | SnmpSilent) or (
        isinstance(error, TimedOut) and error.stage in SILENT_STAGES
    )


def is_silent(answer: Answer) -> bool:
    """Whether the answer is that there was none: to some checks that is a finding of its own."""
    if isinstance(answer, TcpAnswer | HttpAnswer | TlsAnswer) and answer.failure is not None:
        return answer.failure in SILENCES
    return False
