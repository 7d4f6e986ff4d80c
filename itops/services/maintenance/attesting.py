"""A person says that work is done: answers, photos, a signature; and what a machine says to it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select, update

from itops.db import db
from itops.errors import Conflict, FieldError, Invalid, Message, Refused
from itops.models import (
    Evidence,
    ProvenBy,
    WorkOrder,
    WorkOrderItem,
    WorkStatus,
)
from itops.models.work_order import LIVE
from itops.services import attachments, auditing
from itops.services.attachments import Upload
from itops.services.auditing import Actor
from itops.services.maintenance import checklists, closing, evidence, findings
from itops.services.maintenance.checklists import Answer, Asks
from itops.services.maintenance.days import Now
from itops.services.maintenance.rule_table import RULES
from itops.services.maintenance.verdict import Verdict
from itops.services.maintenance.work_orders import begin, check_version, flush, note

#: The field of the one form that takes photos which no question asks for.
PHOTOS = "photos"


@dataclass(frozen=True)
class Claim:
    """What came with the form: texts by question, and photos by question (or PHOTOS)."""

    typed: Mapping[str, str]
    photos: Mapping[str, Sequence[Upload]] = field(default_factory=dict)
    #: The order's version that the person read; not asked of one machine among many.
    version: int | None = None


@dataclass(frozen=True)
class Word:
    """What somebody answered, and their words on what is not as it should be."""

    answers: Sequence[Answer]
    remark: str = ""

    def as_json(self) -> dict[str, Any]:
        said = {findings.REMARK: self.remark} if self.remark else {}
        return {"answers": [answer.as_json() for answer in self.answers]} | said


def attest(
    order: WorkOrder, item: WorkOrderItem | None, claim: Claim, *, by: Actor, now: Now
) -> Evidence:
    """Record that `by` says an order, or one machine of it, is done; close what thereby is.

    Raise Invalid with each question that is not answered, Conflict if it was done meanwhile,
    Refused if the order is over, or if a machine is yet to see what is claimed.
    """
    _check(order, item, claim)
    verdict = evidence.verdict_on(order, item, now)
    if verdict is not None and verdict.is_awaited:
        raise Refused("order.backup_awaited", says=verdict.message)
    word = _word(order, claim, by)
    before = auditing.facts(order)
    begin(order, by, now)
    made = _write(order, item, word, by, now)
    for uploads in claim.photos.values():
        for upload in uploads:
            attachments.store(upload, for_=order, evidence=made, by=by, at=now.at)
    _weigh(order, item, verdict, by, now)
    flush()
    after = auditing.facts(order)
    auditing.record("order.attested", order, by=by, at=now.at, before=before, after=after)
    return made


def skip(order: WorkOrder, item: WorkOrderItem, reason: str, *, by: Actor, now: Now) -> None:
    """Leave one machine of an order out, and say why: that is a person's word, too."""
    _check(order, item, Claim({}))
    if not reason:
        raise Invalid("order.reason_missing", field="reason")
    before = auditing.facts(order)
    begin(order, by, now)
    _take(item, {"skipped": reason, "done_by": by.name})
    tag = item.asset.tag
    _left_out(order, item, reason, by, now)
    note(order, "order.event.skipped", by=by.name, now=now, tag=tag, reason=reason)
    closing.settle(order, by=by.name, now=now)
    flush()
    after = auditing.facts(order)
    auditing.record("order.skipped", order, by=by, at=now.at, before=before, after=after)


def _left_out(order: WorkOrder, item: WorkOrderItem, reason: str, by: Actor, now: Now) -> None:
    """Keep who left a machine out, so that somebody else signs for it."""
    message = Message("evidence.left_out", {"name": by.name, "reason": reason})
    made = Evidence(
        order_id=order.id,
        item_id=item.id,
        rule=evidence.LEFT_OUT,
        kind=ProvenBy.PERSON,
        at=now.at,
        by=by.name,
        user_id=by.id,
        message=message.as_json(),
    )
    db.session.add(made)


def _check(order: WorkOrder, item: WorkOrderItem | None, claim: Claim) -> None:
    if claim.version is not None:
        check_version(order, claim.version)
    if order.status not in LIVE:
        raise Refused("order.is_over", number=order.number)
    if item is not None and (item.done_at is not None or item.skipped):
        raise Conflict("order.item_done", tag=item.asset.tag, name=item.done_by)
    if item is None and _has_items(order):
        raise Refused("order.has_items", number=order.number)


def _has_items(order: WorkOrder) -> bool:
    wanted = select(WorkOrderItem.id).where(WorkOrderItem.order_id == order.id).limit(1)
    return db.session.scalar(wanted) is not None


def _word(order: WorkOrder, claim: Claim, by: Actor) -> Word:
    questions = checklists.questions_of(order.checklist)
    counts = {name: len(uploads) for name, uploads in claim.photos.items()}
    found, wrong = checklists.read_answers(questions, claim.typed, photos=counts, name=by.name)
    remark = ""
    try:
        remark = findings.remark_on(found, claim.typed.get(findings.REMARK, ""))
    except Invalid as error:
        wrong += error.fields
    has_photos = any(upload.is_picture for one in claim.photos.values() for upload in one)
    asks_for_one = any(question.kind is Asks.PHOTO for question in questions)
    if RULES[order.evidence_rule].needs_photo and not has_photos and not asks_for_one:
        wrong.append(FieldError(PHOTOS, Message("checklist.missing.photo")))
    if wrong:
        raise Invalid.many(wrong)
    return Word(found, remark)


def _write(
    order: WorkOrder, item: WorkOrderItem | None, word: Word, by: Actor, now: Now
) -> Evidence:
    bad = sum(answer.is_bad for answer in word.answers)
    key = findings.FOUND if bad else "evidence.attested"
    made = Evidence(
        order_id=order.id,
        item_id=item.id if item else None,
        rule=order.evidence_rule,
        kind=ProvenBy.PERSON,
        at=now.at,
        by=by.name,
        user_id=by.id,
        message=Message(key, {"name": by.name, "n": bad}).as_json(),
        is_finding=bad > 0,
        facts=word.as_json(),
    )
    db.session.add(made)
    flush()
    return made


def _weigh(
    order: WorkOrder, item: WorkOrderItem | None, verdict: Verdict | None, by: Actor, now: Now
) -> None:
    """Let the word count, unless a machine says otherwise: then it waits for the next look."""
    if verdict is not None and verdict.contradicts:
        if item is None or order.status is not WorkStatus.WAITING:
            order.move_to(WorkStatus.WAITING)
        order.reason = Message("order.waits_for_machine").as_json()
        note(order, "order.event.waits_for_machine", by="", now=now, says=verdict.message)
        return
    is_seen = verdict is not None and verdict.proves
    if verdict is not None and is_seen:
        db.session.add(evidence.by_machine(order, item, verdict, now))
    if item is not None:
        proof = ProvenBy.MACHINE if is_seen else ProvenBy.PERSON
        _take(item, {"done_at": now.at, "done_by": by.name, "proof": proof})
        note(order, "order.event.item_done", by=by.name, now=now, tag=item.asset.tag)
    closing.settle(order, by=by.name, now=now)


def _take(item: WorkOrderItem, values: Mapping[str, object]) -> None:
    """Write an item's end, unless somebody else just did. Raise Conflict then."""
    taken = (
        update(WorkOrderItem)
        .where(
            WorkOrderItem.id == item.id,
            WorkOrderItem.done_at.is_(None),
            WorkOrderItem.skipped == "",
        )
        .values(**values)
    )
    if db.session.connection().execute(taken).rowcount != 1:
        raise Conflict("order.item_done", tag=item.asset.tag, name="")
    db.session.refresh(item)
