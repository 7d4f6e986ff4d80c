"""Takes reports from the spool to the server, oldest first, and forgets only what arrived.

One report that the server can't take never holds up the others:

- a report that the server refuses by number goes to the dead letters at once;
- a body that the server refuses as a whole is halved, until the one report is found;
- a report to which something on the way answers oddly while others pass is found by `suspects`.
"""

from __future__ import annotations

from itops_agent import bounds, clock
from itops_agent.errors import NoAnswer
from itops_agent.sending import answers, bodies
from itops_agent.sending.patience import REFUSED_SECONDS, Patience
from itops_agent.sending.suspects import Suspects

TYPE_CHECKING = False
if TYPE_CHECKING:
    from itops_agent.records import Record
    from itops_agent.sending.connection import Connection
    from itops_agent.sending.messages import Response
    from itops_agent.spool import Spool

PATH = "/api/v1/reports"
#: The server means this key or this machine, not the reports.
KEY_REFUSED = {401: "send.key_refused", 403: "send.quarantined"}
BUSY = (429, 503, 507)
#: A gateway says that it can't reach the server: no report is to blame.
GATEWAY = (502, 504)


class Outcome:
    """What became of the last attempt, for `status` and the log."""

    def __init__(self) -> None:
        self.key = ""
        self.params: dict[str, object] = {}
        self.arrived = 0
        self.skew_seconds: float | None = None
        self.enrolment = ""
        self.inventory_wanted = False


class Sender:
    """One batch a call, so that collecting never waits for a long backlog."""

    def __init__(
        self,
        spool: Spool,
        connection: Connection,
        *,
        bearer: str,
        machine: str,
        patience: Patience | None = None,
    ) -> None:
        self._spool = spool
        self._connection = connection
        self._headers = {**bodies.HEADERS, "Authorization": bearer}
        self._machine = machine
        self.patience = patience or Patience()
        self.last = Outcome()
        self._size = bounds.REPORTS
        self._suspects = Suspects()

    def is_ready(self, ticks: float) -> bool:
        return self._spool.waiting > 0 and self.patience.is_over(ticks)

    def send_one_batch(self, *, seconds: float | None = None) -> bool:
        """Try one batch. Return whether something has arrived (or has been put aside)."""
        spool, batch = self._next_batch()
        began, at = clock.ticks(), clock.now()
        body = bodies.reports(spool, batch, machine=self._machine, at=at)
        if bodies.is_too_big(body):
            return self._too_much(spool, batch, {"key": "send.too_big"})
        try:
            response = self._connection.post(PATH, body, self._headers, seconds=seconds)
        except NoAnswer as failure:
            return self._no_answer(failure)
        at += (clock.ticks() - began) / 2
        return self._answered(response, spool, batch, at)

    def close(self) -> None:
        self._connection.close()

    def _next_batch(self) -> tuple[str, list[Record]]:
        spool, batch = self._spool.batch(reports=self._size, skip=self._suspects.to_skip())
        if not batch:
            self._suspects.bring_back()
            spool, batch = self._spool.batch(reports=1)
        return spool, batch

    # --- what the answers mean ---

    def _answered(self, response: Response, spool: str, batch: list[Record], at: float) -> bool:
        told = answers.acknowledgement(response, [each.seq for each in batch])
        if told is not None:
            return self._acknowledged(told, spool, batch, at)
        why = {"status": response.status, **answers.problem(response)}
        if response.status == 401 or (response.status == 403 and answers.is_ours(response)):
            return self._fail(KEY_REFUSED[response.status], at_least=REFUSED_SECONDS)
        if response.status in BUSY:
            asked = answers.retry_after(response) or 0.0
            return self._fail("send.busy", at_least=asked, params={"status": response.status})
        if response.status == 413 or (response.status == 400 and answers.is_ours(response)):
            return self._too_much(spool, batch, why)
        return self._odd(response.status, spool, batch)

    def _acknowledged(
        self, told: answers.Acknowledged, spool: str, batch: list[Record], at: float
    ) -> bool:
        for record in [each for each in batch if each.seq in told.refused]:
            self._spool.bury(spool, record, told.refused[record.seq])
        self._spool.finish(told.arrived)
        self.last.skew_seconds = round(at - told.server_time, 3)
        self.last.enrolment = told.enrolment
        self.last.inventory_wanted = told.inventory_wanted
        settled = len(told.arrived) + len(told.refused)
        if not settled:
            return self._fail("send.nothing_taken")
        self._suspects.arrived(told.arrived | set(told.refused))
        self._note("send.done", arrived=len(told.arrived))
        self._size = min(bounds.REPORTS, self._size * 2)
        self.patience.succeeded()
        return True

    def _too_much(self, spool: str, batch: list[Record], why: dict[str, object]) -> bool:
        """Try again with half; what can't be halved goes to the dead letters."""
        self._size = max(1, len(batch) // 2)
        if len(batch) == 1:
            self._spool.bury(spool, batch[0], why)
        self._note("send.halved")
        return True

    def _odd(self, status: int, spool: str, batch: list[Record]) -> bool:
        """Nothing is acknowledged; find out whether it is one report or the way."""
        self._size = max(1, len(batch) // 2)
        if status not in GATEWAY and self._suspects.failed([each.seq for each in batch]):
            self._spool.bury(spool, batch[0], {"key": "send.odd", "status": status})
        return self._fail("send.odd", params={"status": status})

    def _no_answer(self, failure: NoAnswer) -> bool:
        self._size = max(1, self._size // 2)  # a thin line may carry less before the time is over
        return self._fail(failure.key, params=failure.params)

    def _fail(
        self, key: str, *, at_least: float = 0.0, params: dict[str, object] | None = None
    ) -> bool:
        self._connection.close()
        self._note(key, params=params)
        self.patience.failed(clock.ticks(), at_least=at_least)
        return False

    def _note(self, key: str, *, arrived: int = 0, params: dict[str, object] | None = None) -> None:
        self.last.key = key
        self.last.params = params or {}
        self.last.arrived = arrived
