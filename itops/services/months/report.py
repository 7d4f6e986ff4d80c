"""The month's report as a whole: what its page and its files show."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from itops.checks.base import State
from itops.services.maintenance.compliance import Compliance
from itops.services.months import alerts, proofs, running, tickets, upkeep
from itops.services.months.alerts import AlertFigures
from itops.services.months.period import Look
from itops.services.months.proofs import ModuleProof
from itops.services.months.running import ModuleLine
from itops.services.months.shares import Share
from itops.services.months.tickets import TicketLine
from itops.services.proof import Proof


@dataclass(frozen=True)
class Report:
    """Everything that the month's page says."""

    look: Look
    modules: Sequence[ModuleLine]
    alerts: AlertFigures
    upkeep: Compliance
    #: Orders in which something was found out of order.
    found: int
    proofs: Sequence[ModuleProof]
    all_tickets: TicketLine
    tickets: Sequence[TicketLine]

    @property
    def proof_counts(self) -> Counter[Proof]:
        """How many modules there are of each proof."""
        return Counter(one.proof for one in self.proofs)

    @property
    def proven(self) -> Share:
        return Share(self.proof_counts[Proof.PROVEN], len(self.proofs))

    @property
    def orders(self) -> Share:
        return Share(self.upkeep.on_time, self.upkeep.due)

    @property
    def outages(self) -> int:
        return sum(line.figures.outages for line in self.modules)

    @property
    def unwatched(self) -> int:
        """How many modules there are of which nothing at all is known."""
        return sum(not line.figures.known_seconds for line in self.modules)

    @property
    def state(self) -> State:
        """How the month is shown; a month of which too little is known is never well."""
        counts = self.proof_counts
        if not self.outages and self.unwatched == len(self.modules):
            return State.UNKNOWN
        is_proven = counts[Proof.PROVEN] == len(self.proofs)
        if self.outages or self.upkeep.missed or not is_proven:
            return State.WARNING
        return State.UNKNOWN if self.unwatched else State.OK

    @property
    def down_seconds(self) -> float:
        return sum(line.figures.down_seconds for line in self.modules)


def report(look: Look) -> Report:
    """Return the month's report, as far as the reader's reach goes. Fifteen queries."""
    all_tickets, lines = tickets.by_department(look)
    return Report(
        look=look,
        modules=running.lines(look),
        alerts=alerts.figures(look),
        upkeep=upkeep.figures(look),
        found=upkeep.count_found(look),
        proofs=proofs.proofs(look),
        all_tickets=all_tickets,
        tickets=lines,
    )
