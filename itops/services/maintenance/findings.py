"""What somebody found out of order while they worked: a "no", a reading that is not normal.

A finding is a piece of evidence with such an answer, unless the same work was answered for again
since: what was sent back and done better is as the last word says.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.orm import aliased, joinedload

from itops.db import db
from itops.errors import Invalid
from itops.models import Evidence, ProvenBy, Ticket, WorkOrder, WorkOrderItem
from itops.services import written
from itops.services.maintenance import shares
from itops.services.maintenance.checklists import Answer, Asks, Question
from itops.services.maintenance.evidence import LEFT_OUT
from itops.services.scoping import Within

#: The field in which a finding is put into words, and where the evidence keeps them.
REMARK = "remark"
#: What the evidence says where an answer is not as it should be.
FOUND = "evidence.attested_with"
#: So many findings stand on an order's page; each has its own evidence below.
MOST = 20
read_remark = written.text(1000, lines=True)


@dataclass(frozen=True)
class Finding:
    """A piece of evidence with answers that are not as they should be, and its ticket if any."""

    evidence: Evidence
    ticket: Ticket | None

    @property
    def answers(self) -> list[dict[str, object]]:
        """The answers that are not as they should be, as they were kept."""
        return [one for one in self.evidence.facts["answers"] if one["is_bad"]]

    @property
    def remark(self) -> str:
        """What was found, in the finder's words; findings of old have none."""
        return str(self.evidence.facts.get(REMARK, ""))


def may_come_of(questions: Sequence[Question]) -> bool:
    """Whether any of these can be answered so that it is a finding."""
    return any(
        one.kind is Asks.YES_NO
        or (one.kind is Asks.READING and (one.low, one.high) != (None, None))
        for one in questions
    )


def remark_on(answers: Sequence[Answer], typed: str) -> str:
    """Return what was typed of these answers. Raise Invalid where a finding has no words."""
    try:
        text = read_remark(typed)
    except Invalid as error:
        raise Invalid(error.message.key, field=REMARK, **error.message.params) from None
    if not text and any(answer.is_bad for answer in answers):
        raise Invalid("checklist.missing.remark", field=REMARK)
    return text


def of(order: WorkOrder, within: Within) -> list[Finding]:
    """Return the findings of an order that `within` shows, the newest first, with their tickets."""
    rows = db.session.execute(
        select(Evidence, Ticket)
        .outerjoin(Ticket, Ticket.finding_id == Evidence.id)
        .where(Evidence.order_id == order.id, stands(), shares.evidence(within))
        .options(joinedload(Evidence.item).joinedload(WorkOrderItem.asset))
        .order_by(Evidence.id.desc())
        .limit(MOST)
    )
    return [Finding(evidence, ticket) for evidence, ticket in rows]


def one_of(order: WorkOrder, evidence_id: int) -> Evidence | None:
    """Return a finding of an order; None for everything else."""
    wanted = select(Evidence).where(Evidence.id == evidence_id, Evidence.order_id == order.id)
    return db.session.scalar(wanted.where(stands()))


def counts(orders: Sequence[int], within: Within) -> dict[int, int]:
    """Return how many findings that `within` shows each of these orders has, if any. One query."""
    rows = db.session.execute(
        select(Evidence.order_id, func.count())
        .where(Evidence.order_id.in_(orders), stands(), shares.evidence(within))
        .group_by(Evidence.order_id)
    )
    return dict(rows.all())


def has_any(within: Within) -> ColumnElement[bool]:
    """Return what is true of orders with a finding that `within` shows."""
    found = select(Evidence.order_id).where(stands(), shares.evidence(within))
    return WorkOrder.id.in_(found)


def stands() -> ColumnElement[bool]:
    """Return what is true of evidence that is a finding, and of which there is no later word."""
    later = aliased(Evidence)
    again = select(later.id).where(
        later.order_id == Evidence.order_id,
        # An index of items would find, for an order without any, all evidence of such orders.
        func.coalesce(later.item_id, 0) == func.coalesce(Evidence.item_id, 0),
        later.kind == ProvenBy.PERSON,
        later.rule != LEFT_OUT,
        later.id > Evidence.id,
    )
    return and_(
        Evidence.is_finding.is_(True),
        ~again.correlate(Evidence).exists(),
    )
