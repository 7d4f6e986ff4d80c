"""Checklists: what is asked on the spot, and answers read so that they mean something."""

import hashlib
import json
import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from itops.db import db
from itops.errors import FieldError, Invalid, Message
from itops.models import Checklist
from itops.services import written

#: More questions than this nobody answers with care.
MOST_QUESTIONS = 30
NUMBER = re.compile(r"[+-]?\d{1,9}([.,]\d{1,6})?")
KEY = re.compile(r"q[0-9]{1,3}")


class Asks(StrEnum):
    """What kind of answer a question wants."""

    YES_NO = "yes_no"
    READING = "reading"
    PHOTO = "photo"
    SIGNATURE = "signature"
    NOTE = "note"


@dataclass(frozen=True, kw_only=True)
class Question:
    """One line of a checklist. A reading has a unit, and a range that is normal."""

    key: str
    kind: Asks
    text: str
    text_en: str = ""
    unit: str = ""
    low: float | None = None
    high: float | None = None
    required: bool = True

    @property
    def name(self) -> str:
        return self.text

    @property
    def name_en(self) -> str:
        return self.text_en

    def as_json(self) -> dict[str, Any]:
        return asdict(self) | {"kind": self.kind.value}

    def is_out(self, value: float) -> bool:
        """Whether a reading lies outside of what is normal."""
        return (self.low is not None and value < self.low) or (
            self.high is not None and value > self.high
        )


@dataclass(frozen=True)
class Answer:
    """What somebody wrote, kept with the question as it was put."""

    question: Question
    #: True or False, a number, a text; a photo's answer is the number of photos.
    value: bool | float | str
    is_bad: bool = False

    def as_json(self) -> dict[str, Any]:
        return self.question.as_json() | {"value": self.value, "is_bad": self.is_bad}


def questions_of(checklist: Checklist | None) -> list[Question]:
    """Return the questions of a stored checklist, in order."""
    found = checklist.questions if checklist else []
    return [Question(**{**one, "kind": Asks(one["kind"])}) for one in found]


def keep(questions: Sequence[Question]) -> Checklist | None:
    """Return the row with these questions, made if nobody has asked the same before."""
    if not questions:
        return None
    content = [one.as_json() for one in questions]
    text = json.dumps(content, ensure_ascii=False, sort_keys=True)
    digest = hashlib.sha256(text.encode()).hexdigest()
    wanted = select(Checklist).where(Checklist.digest == digest)
    found = db.session.scalar(wanted)
    if found is not None:
        return found
    try:
        with db.session.begin_nested():
            made = Checklist(digest=digest, questions=content)
            db.session.add(made)
    except IntegrityError:
        return db.session.scalars(wanted).one()
    return made


def read_questions(rows: Sequence[Mapping[str, str]]) -> list[Question]:
    """Given the rows of a form, return the questions; a row without text is none.

    Raise Invalid with the fields that are wrong, named "text-2", "low-2" and so on.
    """
    wrong: list[FieldError] = []
    found: list[Question] = []
    for at, row in enumerate(rows[:MOST_QUESTIONS]):
        if not row.get("text", "").strip():
            continue
        try:
            found.append(_question(row, f"q{len(found) + 1}"))
        except Invalid as error:
            wrong += [FieldError(f"{one.field}-{at}", one.message) for one in error.fields]
    if wrong:
        raise Invalid.many(wrong)
    return found


def read_answers(
    questions: Sequence[Question], typed: Mapping[str, str], *, photos: Mapping[str, int], name: str
) -> tuple[list[Answer], list[FieldError]]:
    """Given what was typed by whom, and how many photos came with each question, return answers,
    and each question that is not answered, or not sensibly.
    """
    found: list[Answer] = []
    wrong: list[FieldError] = []
    for question in questions:
        text = str(photos.get(question.key, 0) or "") or typed.get(question.key, "").strip()
        if not text and not question.required:
            continue
        try:
            found.append(_answer(question, text, name))
        except Invalid as error:
            wrong.append(FieldError(question.key, error.message))
    return found, wrong


def number(text: str) -> float:
    """Read 21, 21.5 or 21,5; full width too. Raise Invalid for everything else."""
    plain = written.plain(text)
    if not NUMBER.fullmatch(plain):
        raise Invalid("checklist.not_a_number")
    return float(plain.replace(",", "."))


def _question(row: Mapping[str, str], key: str) -> Question:
    kind = written.choice(Asks, Asks.YES_NO)(row.get("kind", ""))
    limits = {
        name: _limit(row.get(name, ""), name) if kind is Asks.READING else None
        for name in ("low", "high")
    }
    low, high = limits["low"], limits["high"]
    if low is not None and high is not None and low > high:
        raise Invalid("checklist.range_turned", field="high")
    return Question(
        key=key,
        kind=kind,
        text=_text(row, "text", 200),
        text_en=_text(row, "text_en", 200),
        unit=_text(row, "unit", 20) if kind is Asks.READING else "",
        low=low,
        high=high,
        required=row.get("optional", "") != "1",
    )


def _text(row: Mapping[str, str], name: str, limit: int) -> str:
    try:
        return written.text(limit)(row.get(name, ""))
    except Invalid as error:
        raise Invalid(error.message.key, field=name, **error.message.params) from None


def _limit(text: str, name: str) -> float | None:
    try:
        return number(text) if text.strip() else None
    except Invalid as error:
        raise Invalid(error.message.key, field=name) from None


def _answer(question: Question, text: str, name: str) -> Answer:
    if not text:
        raise Invalid(f"checklist.missing.{question.kind}")
    return _READERS[question.kind](question, text, name)


def _yes_no(question: Question, text: str, _name: str) -> Answer:
    if text not in {"yes", "no"}:
        raise Invalid("checklist.missing.yes_no")
    return Answer(question, text == "yes", is_bad=text == "no")


def _reading(question: Question, text: str, _name: str) -> Answer:
    value = number(text)
    if not math.isfinite(value):
        raise Invalid("checklist.not_a_number")
    return Answer(question, value, is_bad=question.is_out(value))


def _photo(question: Question, text: str, _name: str) -> Answer:
    return Answer(
        question, int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
    )


def _signature(question: Question, text: str, name: str) -> Answer:
    """Take the person's own name only: whose account it is, and who holds the pen, are one."""
    if _same(text) != _same(name):
        raise Invalid("checklist.sign_own_name", name=name)
    return Answer(question, name)


def _note(question: Question, text: str, _name: str) -> Answer:
    return Answer(question, written.text(2000, lines=True)(text))


def _same(name: str) -> str:
    return "".join(written.plain(name).split()).casefold()


_READERS: dict[Asks, Callable[[Question, str, str], Answer]] = {
    Asks.YES_NO: _yes_no,
    Asks.READING: _reading,
    Asks.PHOTO: _photo,
    Asks.SIGNATURE: _signature,
    Asks.NOTE: _note,
}


def told(question: Question) -> Message | None:
    """Return the normal range in words, if the question has one."""
    if question.low is None and question.high is None:
        return None
    words = {"low": plain_number(question.low), "high": plain_number(question.high)}
    key = "between" if None not in words.values() else "least" if words["low"] else "most"
    return Message(f"checklist.range.{key}", words | {"unit": question.unit})


def plain_number(value: float | None) -> str | None:
    """Return 21 for 21.0, and 21.5 as it is."""
    return None if value is None else f"{value:g}"
