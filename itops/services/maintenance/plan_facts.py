"""What a person states of a plan, parsed from the texts of a form."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeVar

from itops.errors import FieldError, Invalid
from itops.models import Counts
from itops.services import written
from itops.services.maintenance import checklists
from itops.services.maintenance.checklists import Question
from itops.services.maintenance.recurrence import MonthDay, Recurrence, Unit, from_start
from itops.services.maintenance.rule_table import RULES
from itops.services.maintenance.templates import TEMPLATES, Target

T = TypeVar("T")
#: An order is made this long before it is due at most.
MOST_LEAD_DAYS = 90


@dataclass(frozen=True, kw_only=True)
class PlanFacts:
    """Everything about a plan that people write."""

    name: str
    name_en: str
    template: str
    site_id: int
    department_id: int | None
    location_id: int | None
    target: Target
    asset_tag: str
    type_key: str
    module_id: int | None
    owner_id: int | None
    counts: Counts
    starts_on: date
    recurrence: Recurrence
    lead_days: int
    evidence_rule: str
    needs_sign_off: bool
    instructions: str
    questions: tuple[Question, ...]


def _needed_day(typed: str) -> date:
    found = written.day(typed)
    if found is None:
        raise Invalid("written.required")
    return found


def _whole(least: int, most: int) -> Callable[[str], int]:
    def read(typed: str) -> int:
        found = written.plain(typed) or str(least)
        if not (found.isascii() and found.isdigit() and len(found) < 6):
            raise Invalid("plan.whole_number", low=least, high=most)
        if not least <= int(found) <= most:
            raise Invalid("plan.whole_number", low=least, high=most)
        return int(found)

    return read


def _one_of(names: Mapping[str, object]) -> Callable[[str], str]:
    def read(typed: str) -> str:
        if typed.strip() not in names:
            raise Invalid("written.choice")
        return typed.strip()

    return read


#: How the text of each field is read; `recurrence` and the questions are made of several.
READERS: dict[str, Callable[[str], Any]] = {
    "name": written.text(120, required=True),
    "name_en": written.text(120),
    "template": lambda typed: typed if typed in TEMPLATES else "",
    "site_id": written.needed_id,
    "department_id": written.row_id,
    "location_id": written.row_id,
    "target": written.choice(Target, Target.TYPE),
    "asset_tag": written.code(40),
    "type_key": written.text(40),
    "module_id": written.row_id,
    "owner_id": written.row_id,
    "counts": written.choice(Counts, Counts.SCHEDULE),
    "starts_on": _needed_day,
    "lead_days": _whole(0, MOST_LEAD_DAYS),
    "evidence_rule": _one_of(RULES),
    "needs_sign_off": lambda typed: typed == "1",
    "instructions": written.text(4000, lines=True),
}
#: Fields from which a rule of recurrence is made.
RHYTHM: dict[str, Callable[[str], Any]] = {
    "unit": written.choice(Unit, Unit.MONTH),
    "every": _whole(1, 120),
    "month_day": written.choice(MonthDay, MonthDay.SAME_DAY),
}
FIELDS = (*READERS, *RHYTHM)


def parse(
    typed: Mapping[str, str], *, weekdays: Sequence[str], rows: Sequence[Mapping[str, str]]
) -> PlanFacts:
    """Given a form's texts, ticked weekdays and checklist rows, return the facts.

    Raise Invalid with every field that is wrong.
    """
    values, wrong = written.read_all(READERS, typed)
    rhythm, wrong_rhythm = written.read_all(RHYTHM, typed)
    wrong += wrong_rhythm
    questions = _noted(lambda: tuple(checklists.read_questions(rows)), wrong)
    wrong += _wrong_target(values)
    if not wrong:
        days = tuple(int(day) for day in weekdays if day in set("0123456"))
        start = values["starts_on"]
        found = _noted(lambda: from_start(start=start, weekdays=days, **rhythm), wrong)
        if found is not None:
            return PlanFacts(**values, recurrence=found, questions=questions or ())
    raise Invalid.many(wrong)


def _noted(make: Callable[[], T], wrong: list[FieldError]) -> T | None:
    try:
        return make()
    except Invalid as error:
        wrong += error.fields
        return None


#: The field in which each kind of target is named.
NAMED_IN = {
    Target.ASSET: "asset_tag",
    Target.TYPE: "type_key",
    Target.MODULE: "module_id",
    Target.PLACE: "location_id",
}


def _wrong_target(values: Mapping[str, Any]) -> list[FieldError]:
    target, rule = values.get("target"), values.get("evidence_rule")
    if target is None or rule is None:
        return []
    wrong: list[FieldError] = []
    if NAMED_IN[target] in values and not values[NAMED_IN[target]]:
        wrong += Invalid("written.required", field=NAMED_IN[target]).fields
    if target not in RULES[rule].targets:
        wrong += Invalid("plan.rule_does_not_fit", field="evidence_rule").fields
    return wrong
