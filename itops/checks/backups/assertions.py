"""What a restored copy must answer: lines that people write, and the answers graded.

    results >= 100000
    lab.results.reported_at within 24h

The first asks for at least so many rows of a table, the second that the newest value of a column
is at most so much older than the backup. Nothing else can be asked: no SQL of anybody's.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from itops.checks.base import State
from itops.errors import FieldError, Invalid, Message

WORD = r"[A-Za-z_\u4e00-\u9fff][\w$]{0,62}"
ROWS = re.compile(rf"({WORD}(?:\.{WORD})?)\s*(?:>=|≥|至少)\s*([\d,]{{1,15}})\s*(?:rows|行)?")
NEWEST = re.compile(
    rf"({WORD}(?:\.{WORD})?)\.({WORD})\s*(?:within|不早于|在)?\s*"
    r"(\d{1,5})\s*(min|m|h|d|分钟|小时|天)\s*(?:内|以内)?"
)
MINUTES = {"min": 1, "m": 1, "分钟": 1, "h": 60, "小时": 60, "d": 1440, "天": 1440}
MOST = 40
#: Since the last proven restore a table may have lost this share of its rows, then it is red.
AMBER_LOSS, RED_LOSS = 0.1, 0.3


@dataclass(frozen=True)
class Assertion:
    """One line. `column` and `minutes` are for the newest value, `least` for the rows."""

    table: str
    least: int | None = None
    column: str = ""
    minutes: int | None = None

    @property
    def text(self) -> str:
        """The line from which `parse` reads it again."""
        if self.least is not None:
            return f"{self.table} >= {self.least}"
        return f"{self.table}.{self.column} within {self.minutes}min"

    def as_json(self) -> dict[str, Any]:
        return dict(vars(self))


@dataclass(frozen=True)
class Answer:
    """What the restored copy answered: rows or the newest value; None and why if it could not."""

    assertion: Assertion
    rows: int | None = None
    newest: datetime | None = None
    error: str = ""


@dataclass(frozen=True)
class Graded:
    """An answer with its state and a sentence."""

    state: State
    message: Message


def parse(text: str) -> tuple[Assertion, ...]:
    """Read one assertion a line. Raise Invalid that names the line."""
    lines = [line.strip() for line in text.replace("\r", "").split("\n")]
    found = [_one(line, at) for at, line in enumerate(lines, 1) if line]
    if len(found) > MOST:
        raise Invalid("backup.assertion.too_many", field="assertions", n=MOST)
    return tuple(found)


def from_json(stored: Sequence[Mapping[str, Any]]) -> tuple[Assertion, ...]:
    """Return the assertions as they were stored by `as_json`."""
    return tuple(Assertion(**one) for one in stored)


def grade(answer: Answer, *, made_at: datetime) -> Graded:
    """Given an answer and when the backup was made, return whether the assertion holds."""
    asked = answer.assertion
    words: dict[str, Any] = {"table": asked.table}
    if answer.error:
        words["why"] = answer.error
        return Graded(State.CRITICAL, Message("backup.assertion.no_answer", words))
    if asked.least is not None:
        words |= {"rows": answer.rows or 0, "least": asked.least}
        holds = (answer.rows or 0) >= asked.least
        key = "backup.assertion.rows_ok" if holds else "backup.assertion.rows_missing"
        return Graded(State.OK if holds else State.CRITICAL, Message(key, words))
    return _grade_newest(answer, made_at, words | {"column": asked.column})


def compare(rows: Mapping[str, int], former: Mapping[str, int]) -> list[Graded]:
    """Given rows by table now and at the last proven restore, return what was lost since."""
    found = []
    for table, before in sorted(former.items()):
        now = rows.get(table)
        if now is None or before < 100 or now >= before * (1 - AMBER_LOSS):
            continue
        state = State.CRITICAL if now < before * (1 - RED_LOSS) else State.WARNING
        words = {"table": table, "rows": now, "before": before}
        words["percent"] = round(100 * (before - now) / before)
        found.append(Graded(state, Message("backup.assertion.lost_rows", words)))
    return found


def _one(line: str, number: int) -> Assertion:
    rows, newest = ROWS.fullmatch(line), NEWEST.fullmatch(line)
    if rows:
        return Assertion(rows[1], least=int(rows[2].replace(",", "")))
    if newest:
        minutes = int(newest[3]) * MINUTES[newest[4]]
        return Assertion(newest[1], column=newest[2], minutes=minutes)
    fault = FieldError("assertions", Message("backup.assertion.wrong", {"n": number}))
    raise Invalid.many([fault])


def _grade_newest(answer: Answer, made_at: datetime, words: dict[str, Any]) -> Graded:
    if answer.newest is None:
        return Graded(State.CRITICAL, Message("backup.assertion.empty", words))
    age = made_at - answer.newest
    words["minutes"] = max(0, round(age / timedelta(minutes=1)))
    holds = age <= timedelta(minutes=answer.assertion.minutes or 0)
    key = "backup.assertion.newest_ok" if holds else "backup.assertion.newest_old"
    return Graded(State.OK if holds else State.CRITICAL, Message(key, words))
