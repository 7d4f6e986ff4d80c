"""Takes deliveries inside one transaction: who may speak, what is new, and all that follows."""

import hashlib
from dataclasses import dataclass, field
from datetime import UTC, datetime

from sqlalchemy import Connection, select

from itops.checks.host_inventory import Inventory
from itops.checks.host_report import Health
from itops.errors import Message
from itops.models import HealthSample
from itops.services.history.layouts import layout_for
from itops.services.intake import inventories, quarantining, verdicts
from itops.services.intake.figures import figures_of, packer
from itops.services.intake.known import Known, KnownHosts
from itops.services.intake.messages import Delivery, Outcome, Receipt, Refusal, Report, Turned
from itops.services.intake.spools import Marks, Place
from itops.services.intake.writes import AGENT, NEW_STATE, SAMPLE, SEEN, SPOOL, STATE, Writes

#: A host draws a new spool when its old one is lost; so many are a fault or an attack.
MOST_SPOOLS = 200


@dataclass
class _Round:
    """One transaction at work."""

    connection: Connection
    at: datetime
    writes: Writes
    #: Digests of the samples that this transaction adds, by (host, number).
    digests: dict[tuple[int, int], bytes] = field(default_factory=dict)
    #: Layouts that this transaction has met, by their names.
    layouts: dict[tuple[str, ...], int] = field(default_factory=dict)

    def layout_for(self, names: tuple[str, ...]) -> int:
        """Return the layout of figures with these names."""
        found = self.layouts.get(names)
        if found is None:
            found = self.layouts[names] = layout_for(self.connection, names)
        return found


class NumberReusedError(Exception):
    """A number came again with another body: two machines share a spool, or one was set back."""

    def __init__(self, seq: int) -> None:
        super().__init__(seq)
        self.seq = seq


def take(
    known: KnownHosts, connection: Connection, deliveries: list[Delivery], *, at: datetime
) -> list[Outcome]:
    """Take deliveries inside the caller's transaction; return what became of each.

    Nothing is true before the caller has committed.
    """
    known.refresh(connection)
    known.load(connection, {delivery.public_id for delivery in deliveries})
    this = _Round(connection, at, Writes(connection.dialect.name == "sqlite"))
    outcomes = [_take_one(known, this, delivery) for delivery in deliveries]
    this.writes.flush(connection)
    return outcomes


def _take_one(known: KnownHosts, this: _Round, delivery: Delivery) -> Outcome:
    host = known.get(delivery.public_id, delivery.key_hash)
    if host is None:
        return Turned.UNKNOWN_KEY
    if host.is_quarantined:
        return Turned.QUARANTINED
    machine = delivery.envelope.machine
    if host.machine != machine:
        if host.machine:
            quarantining.two_machines(this.connection, host, delivery, at=this.at)
            known.set_aside(host, machine)
            return Turned.QUARANTINED
        quarantining.settle(this.connection, host, machine)
    try:
        return _take_reports(host, this, delivery)
    except NumberReusedError as reused:
        quarantining.number_reused(this.connection, host, delivery, reused.seq, at=this.at)
        host.is_quarantined = True
        return Turned.QUARANTINED


def _take_reports(host: Known, this: _Round, delivery: Delivery) -> Receipt:
    """Take what is new of a delivery; every report is looked at before the first has an effect.

    Raise NumberReusedError.
    """
    spool = delivery.envelope.spool
    marks = host.spools.get(spool) or Marks()
    receipt = Receipt([], [], list(delivery.refused), host.enrolment, inventory_wanted=False)
    if spool not in host.spools and len(host.spools) >= MOST_SPOOLS:
        refusal = Message("report.too_many_spools")
        receipt.refused += [Refusal(report.seq, refusal) for report, _ in delivery.reports]
        return receipt
    new = _sorted_out(host, this, delivery, marks, receipt)
    host.spools[spool] = marks
    if new:
        skew = verdicts.skew_of(delivery)
        for report, raw in new:
            _effect(host, this, delivery, report, raw, skew)
        gaps = str(marks.gaps) if marks.gaps else "[]"
        this.writes.put(SPOOL, (host.id, spool), (host.id, spool, marks.high_water, gaps))
    _note_presence(host, this, delivery)
    receipt.inventory_wanted = not host.has_inventory
    return receipt


def _sorted_out(
    host: Known, this: _Round, delivery: Delivery, marks: Marks, receipt: Receipt
) -> list[tuple[Report, bytes]]:
    """Return the reports that are new, and put the numbers of all into the receipt."""
    high_water, gaps = marks.high_water, list(marks.gaps)
    new, again = [], []
    for entry in delivery.reports:
        seq = entry[0].seq
        place = marks.place(seq)
        if place is Place.NEW:
            new.append(entry)
            receipt.accepted.append(seq)
        elif place is Place.ALREADY:
            again.append(entry)
            receipt.already.append(seq)
        else:
            receipt.refused.append(Refusal(seq, Message("report.number_forgotten")))
    if again:
        try:
            _compare(host, this, delivery, again + new)
        except NumberReusedError:
            marks.high_water, marks.gaps = high_water, gaps
            raise
    return new


def _compare(
    host: Known, this: _Round, delivery: Delivery, again: list[tuple[Report, bytes]]
) -> None:
    """Raise NumberReusedError if a report that came before has another body now."""
    spool = delivery.envelope.spool
    wanted = {
        report.seq: digest_of(spool, raw) for report, raw in again if isinstance(report, Health)
    }
    repeated = {report.seq for report, _ in again}
    stored = [
        (seq, this.digests[host.id, seq]) for seq in repeated if (host.id, seq) in this.digests
    ]
    found = this.connection.execute(
        select(HealthSample.sequence, HealthSample.digest).where(
            HealthSample.host_id == host.id, HealthSample.sequence.in_(repeated)
        )
    )
    for seq, digest in [*stored, *((row.sequence, row.digest) for row in found)]:
        is_same_spool = digest[:3] == bytes.fromhex(spool[:6])
        if is_same_spool and wanted.get(seq) != digest:
            raise NumberReusedError(seq)


def digest_of(spool: str, raw: bytes) -> bytes:
    """Return the mark of a report: three bytes of its spool's id, five of its text's SHA-256."""
    return bytes.fromhex(spool[:6]) + hashlib.sha256(raw).digest()[:5]


def _effect(
    host: Known, this: _Round, delivery: Delivery, report: Report, raw: bytes, skew: float
) -> None:
    if isinstance(report, Health):
        at = verdicts.our_time(report, delivery, skew)
        _add_sample(host, this, delivery, report, raw, at)
        verdicts.judge(host, report, raw, delivery, at, this.writes)
        return
    at = min(max(report.taken_at - skew, 0.0), delivery.received_at)
    if isinstance(report, Inventory):
        moment = datetime.fromtimestamp(at, UTC)
        inventories.store(
            this.connection, this.writes, host, report, raw, taken_at=moment, at=this.at
        )
    else:
        verdicts.part(host, report, at=at, writes=this.writes)


def _add_sample(
    host: Known, this: _Round, delivery: Delivery, report: Health, raw: bytes, at: float
) -> None:
    names, values = figures_of(report)
    digest = digest_of(delivery.envelope.spool, raw)
    this.digests[host.id, report.seq] = digest
    this.writes.add(
        SAMPLE,
        (
            host.id,
            int(at * 1000),
            int(report.taken_at * 1000),
            report.seq,
            digest,
            this.layout_for(names),
            packer(len(values)).pack(*values),
        ),
    )


def _note_presence(host: Known, this: _Round, delivery: Delivery) -> None:
    """Note that the host was heard, and from where, by which version of the agent."""
    writes = this.writes
    if not host.has_state:
        writes.put(NEW_STATE, host.id, (host.id,))
        host.has_state = True
    if host.id not in writes.newest.get(STATE, ()):
        writes.put(SEEN, host.id, (writes.moment(delivery.received_at), host.id))
    agent, address = delivery.envelope.agent, delivery.address
    if (host.agent, host.address) != (agent, address):
        host.agent, host.address = agent, address
        writes.put(AGENT, host.id, (agent, address, host.id))
