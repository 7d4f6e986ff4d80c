"""What proves the demo's work orders: answers and signatures, photos, or what a machine saw."""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import insert, select

from itops.db import db
from itops.errors import Message
from itops.models import (
    Attachment,
    Evidence,
    MaintenancePlan,
    ProvenBy,
    Role,
    SignOff,
    User,
    Verification,
    VerificationLevel,
    WorkOrderEvent,
)
from itops.services.demo.figures import chance
from itops.services.demo.year.fates import Made
from itops.services.demo.year.known import LOCAL, Known
from itops.services.demo.year.pictures import picture
from itops.services.maintenance.checklists import Answer, Asks, Question, questions_of
from itops.services.maintenance.findings import FOUND, REMARK
from itops.services.maintenance.rule_table import RULES

#: Photos are kept of so many of the newest orders that ask for one.
WITH_PHOTOS = 3


def write_proof(plan: MaintenancePlan, done: Sequence[Made], known: Known) -> None:
    """Write the evidence of orders that are done, their timelines and signatures."""
    if not done:
        return
    is_machine = RULES[plan.evidence_rule].is_machine
    doer = plan.owner if not is_machine else None
    if plan.template == "backup":
        rows = _of_backups(plan, done, known)
    elif is_machine:
        rows = [_by_machine(plan, one) for one in done]
    else:
        rows = [_by_person(plan, one, doer or known.people[Role.ENGINEER]) for one in done]
    keys = db.session.scalars(
        insert(Evidence).returning(Evidence.id, sort_by_parameter_order=True), rows
    ).all()
    db.session.execute(insert(WorkOrderEvent), [_event(one, doer) for one in done])
    if RULES[plan.evidence_rule].needs_photo and doer is not None:
        pairs = list(zip(done, keys, strict=True))[-WITH_PHOTOS:]
        db.session.execute(insert(Attachment), [_photo(one, key, doer) for one, key in pairs])
    if plan.needs_sign_off:
        head = known.people[Role.HEAD]
        db.session.execute(insert(SignOff), [_signed(one, head) for one in done])


def _by_person(plan: MaintenancePlan, order: Made, doer: User) -> dict[str, Any]:
    answers = [
        _answer(question, order, doer.name).as_json() for question in questions_of(plan.checklist)
    ]
    bad = sum(one["is_bad"] for one in answers)
    key = FOUND if bad else "evidence.attested"
    return _row(
        plan,
        order,
        order.done_at,
        kind=ProvenBy.PERSON,
        message=Message(key, {"name": doer.name, "n": bad}),
        facts={"answers": answers} | ({REMARK: "有一项不正常，当场处理"} if bad else {}),
        by=doer,
    )


def _by_machine(plan: MaintenancePlan, order: Made) -> dict[str, Any]:
    words = Message("evidence.antivirus.fresh", {"product": "360", "n": 1})
    return _row(plan, order, order.done_at, kind=ProvenBy.MACHINE, message=words, facts={})


def _of_backups(plan: MaintenancePlan, done: Sequence[Made], known: Known) -> list[dict[str, Any]]:
    """Let each day's order stand on that night's verification."""
    module = next(one for one in known.modules.values() if one.id == plan.module_id)
    job = known.jobs[module.code]
    found = db.session.execute(
        select(Verification.id, Verification.at).where(
            Verification.job_id == job.id, Verification.level == VerificationLevel.INTEGRITY
        )
    )
    nights: Mapping[date, int] = {at.astimezone(LOCAL).date(): key for key, at in found}
    said = Message("evidence.backup.verified", {"n": 1})
    return [
        _row(
            plan,
            order,
            order.done_at,
            kind=ProvenBy.MACHINE,
            message=said,
            facts={"job": job.name, "level": VerificationLevel.INTEGRITY.value},
        )
        | {"verification_id": nights.get(order.due_on)}
        for order in done
    ]


def _row(  # noqa: PLR0913 - a piece of evidence has this many parts
    plan: MaintenancePlan,
    order: Made,
    at: datetime | None,
    *,
    kind: ProvenBy,
    message: Message,
    facts: dict[str, Any],
    by: User | None = None,
) -> dict[str, Any]:
    return {
        "order_id": order.id,
        "item_id": None,
        "rule": plan.evidence_rule,
        "kind": kind,
        "at": at,
        "by": by.name if by else "",
        "user_id": by.id if by else None,
        "holds": True,
        "message": message.as_json(),
        "is_finding": message.key == FOUND,
        "facts": facts,
        "verification_id": None,
    }


def _answer(question: Question, order: Made, name: str) -> Answer:
    luck = chance(order.due_on.toordinal(), int(question.key[1:]))
    if question.kind is Asks.READING:
        low, high = question.low or 0.0, question.high or (question.low or 10.0) * 2
        value = round(low + (high - low) * (0.35 + 0.3 * luck), 1)
        return Answer(question, value, is_bad=question.is_out(value))
    if question.kind is Asks.YES_NO:
        return Answer(question, luck > 0.004, is_bad=luck <= 0.004)
    if question.kind is Asks.PHOTO:
        return Answer(question, 1)
    return Answer(question, name if question.kind is Asks.SIGNATURE else "一切正常")


def _event(order: Made, doer: User | None) -> dict[str, Any]:
    key = "order.event.done_person" if doer else "order.event.done_machine"
    by = doer.name if doer else ""
    return {"order_id": order.id, "at": order.done_at, "by": by, "key": key, "params": {}}


def _photo(order: Made, evidence_id: int, doer: User) -> dict[str, Any]:
    content = picture(order.id)
    return {
        "code": hashlib.sha256(f"demo photo {order.id}".encode()).hexdigest()[:32],
        "name": f"photo-{order.due_on}.png",
        "media_type": "image/png",
        "size_bytes": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
        "ticket_id": None,
        "order_id": order.id,
        "evidence_id": evidence_id,
        "at": order.done_at,
        "by": doer.name,
        "content": content,
    }


def _signed(order: Made, head: User) -> dict[str, Any]:
    return {
        "order_id": order.id,
        "user_id": head.id,
        "name": head.name,
        "at": order.done_at,
        "note": "",
    }
