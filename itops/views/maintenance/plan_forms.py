"""The form of a plan: what stands in its fields, and what its selects offer."""

import re
import secrets
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import select

from itops.auth.permissions import Permission
from itops.auth.scopes import reach, scoped
from itops.clock import utcnow
from itops.db import db
from itops.models import AssetType, Counts, MaintenancePlan, Site, SystemModule
from itops.services.assets import places as asset_places
from itops.services.maintenance import (
    checklists,
    order_page,
    plan_facts,
    planning,
    recurrence,
    targets,
)
from itops.services.maintenance.checklists import Asks, Question
from itops.services.maintenance.recurrence import LAST, MonthDay, Unit
from itops.services.maintenance.rule_table import RULES
from itops.services.maintenance.templates import TEMPLATES, Target
from itops.views.answering.language import language, named, t
from itops.views.merging import VERSION

#: Fields of a checklist's row, each with the row's number behind it.
CELLS = ("kind", "text", "text_en", "unit", "low", "high", "optional")
WEEKDAYS = frozenset(f"weekday-{day}" for day in range(7))
#: Empty rows below the questions that there are.
SPARE_ROWS = 3
#: The field that holds a row's question.
ROW = re.compile(r"text-([0-9]{1,2})")


def rows_typed(form: Mapping[str, str]) -> list[dict[str, str]]:
    """Return the rows of the checklist as a form has them."""
    numbers = [int(match[1]) for name in form if (match := ROW.fullmatch(name))]
    many = min(max(numbers, default=-1) + 1, checklists.MOST_QUESTIONS)
    return [{cell: form.get(f"{cell}-{at}", "")[:300] for cell in CELLS} for at in range(many)]


def of_template(key: str, today: date) -> dict[str, str]:
    """Return what stands in the form of a new plan; of a template, if there is one."""
    typed = {
        "template": "",
        "starts_on": today.isoformat(),
        "unit": Unit.MONTH.value,
        "every": "1",
        "lead_days": "0",
        "target": Target.TYPE.value,
        "counts": Counts.SCHEDULE.value,
        "month_day": MonthDay.SAME_DAY.value,
        "evidence_rule": "attested",
        "request_key": secrets.token_urlsafe(24),
    }
    template = TEMPLATES.get(key)
    if template is None:
        return typed
    return typed | {
        "template": key,
        "name": template.name,
        "name_en": template.name_en,
        "target": template.target.value,
        "type_key": template.type_key,
        "unit": template.unit.value,
        "every": str(template.every),
        "counts": template.counts.value,
        "lead_days": str(template.lead_days),
        "evidence_rule": template.evidence_rule,
        "needs_sign_off": "1" if template.needs_sign_off else "",
        **_typed_rows(template.questions),
    }


def of_plan(plan: MaintenancePlan) -> dict[str, str]:
    """Return what stands in the form of a plan that there is."""
    rule = planning.rhythm(plan)
    typed = {
        "name": plan.name,
        "name_en": plan.name_en,
        "template": plan.template,
        "site_id": str(plan.site_id),
        "department_id": str(plan.department_id or ""),
        "location_id": str(plan.location_id or ""),
        "target": targets.target_of(plan).value,
        "asset_tag": plan.asset.tag if plan.asset else "",
        "type_key": plan.type_key or "",
        "module_id": str(plan.module_id or ""),
        "owner_id": str(plan.owner_id or ""),
        "counts": plan.counts.value,
        "starts_on": plan.starts_on.isoformat(),
        "lead_days": str(plan.lead_days),
        "evidence_rule": plan.evidence_rule,
        "needs_sign_off": "1" if plan.needs_sign_off else "",
        "instructions": plan.instructions,
        "unit": rule.unit.value,
        "every": str(rule.every),
        "month_day": _month_day(rule).value,
        VERSION: str(plan.version),
        **_EMPTY_ROWS,
        **_typed_rows(checklists.questions_of(plan.checklist)),
    }
    ticked = rule.weekdays if rule.unit is Unit.WEEK else ()
    return typed | {f"weekday-{day}": "1" if day in ticked else "" for day in range(7)}


def labels() -> dict[str, str]:
    """Return the names of the fields; of a checklist's, with the number of its row."""
    columns = {
        "text": t("checklist.question"),
        "text_en": t("checklist.question_en"),
        "kind": t("checklist.answer"),
        "unit": t("checklist.unit"),
        "low": t("checklist.low"),
        "high": t("checklist.high"),
        "optional": t("checklist.may_be_left"),
    }
    return {
        **{name: t(f"plan.field.{name}") for name in plan_facts.FIELDS},
        **{f"weekday-{day}": t(f"recurrence.weekday.{day}") for day in range(7)},
        **{
            f"{cell}-{at}": f"{word} {at + 1}"
            for at in range(checklists.MOST_QUESTIONS)
            for cell, word in columns.items()
        },
    }


def choices(offered: Mapping[str, Any]) -> dict[str, Any]:
    """Return what `options` offers by the names of the fields, and the words of a box."""
    ticked = [("1", t("form.ticked")), ("", t("form.not_ticked"))]
    rows = range(checklists.MOST_QUESTIONS)
    return {
        **offered,
        **dict.fromkeys(BOXES, ticked),
        **{f"kind-{at}": offered["kind"] for at in rows},
    }


def row_count(values: Mapping[str, Any]) -> int:
    """Return how many rows the checklist shows: those with text, and some to write in."""
    used = [
        int(match[1]) for name, text in values.items() if text and (match := ROW.fullmatch(name))
    ]
    return min(max(used, default=-1) + 1 + SPARE_ROWS, checklists.MOST_QUESTIONS)


def options(site: Site | None) -> dict[str, Any]:
    """Return the choices of every select: pairs of value and text."""
    choose, nothing = ("", t("asset.choose")), ("", t("asset.nowhere"))
    types = db.session.scalars(select(AssetType).order_by(AssetType.position))
    found: dict[str, Any] = {
        "type_key": [choose, *((kind.key, named(kind)) for kind in types)],
        "target": [(one.value, t(f"plan.target.{one}")) for one in Target],
        "unit": [(one.value, t(f"plan.unit.{one}")) for one in Unit],
        "month_day": [(one.value, t(f"plan.month_day.{one}")) for one in MonthDay],
        "counts": [(one.value, t(f"plan.counts.{one}")) for one in Counts],
        "evidence_rule": [(name, t(f"plan.rule.{name}")) for name in RULES],
        "kind": [(one.value, t(f"checklist.kind.{one}")) for one in Asks],
        "weekdays": [(day, t(f"recurrence.weekday.{day}")) for day in range(7)],
        "module_id": [choose],
        "department_id": [nothing],
        "location_id": [nothing],
        "owner_id": [("", t("order.nobody"))],
    }
    return found | (_at(site, choose, nothing) if site is not None else {})


def _at(site: Site, choose: tuple[str, str], nothing: tuple[str, str]) -> dict[str, Any]:
    within, column = reach(Permission.PLAN_MAINTENANCE), 2 if language() == "en" else 1
    there = select(SystemModule).where(SystemModule.site_id == site.id)
    modules = db.session.scalars(
        scoped(there, SystemModule, Permission.PLAN_MAINTENANCE).order_by(SystemModule.code)
    )
    people = order_page.people(site, None, at=utcnow())
    return {
        "module_id": [choose, *((str(one.id), f"{one.code} {named(one)}") for one in modules)],
        "department_id": [
            nothing,
            *((str(one.id), named(one)) for one in asset_places.departments(within, site.id)),
        ],
        "location_id": [
            nothing,
            *((str(row[0].id), row[column]) for row in asset_places.locations(site.id)),
        ],
        "owner_id": [("", t("order.nobody")), *((str(one.id), one.name) for one in people)],
    }


def _typed_rows(questions: Sequence[Question]) -> dict[str, str]:
    typed: dict[str, str] = {}
    for at, one in enumerate(questions):
        typed |= {
            f"kind-{at}": one.kind.value,
            f"text-{at}": one.text,
            f"text_en-{at}": one.text_en,
            f"unit-{at}": one.unit,
            f"low-{at}": checklists.plain_number(one.low) or "",
            f"high-{at}": checklists.plain_number(one.high) or "",
            f"optional-{at}": "" if one.required else "1",
        }
    return typed


#: Beyond its questions a checklist has rows in which nothing stands yet.
_EMPTY_ROWS = {
    f"{cell}-{at}": Asks.YES_NO.value if cell == "kind" else ""
    for at in range(checklists.MOST_QUESTIONS)
    for cell in CELLS
}
#: Fields that a browser sends only when they are ticked.
BOXES = WEEKDAYS | {"needs_sign_off"} | {one for one in _EMPTY_ROWS if one.startswith("optional-")}
#: Fields that go together: when it is due, what it is for, what is asked.
MATTERS = (
    frozenset({"starts_on", *plan_facts.RHYTHM}) | WEEKDAYS,
    frozenset({"target", *plan_facts.NAMED_IN.values()}),
    frozenset(_EMPTY_ROWS),
)


def _month_day(rule: recurrence.Recurrence) -> MonthDay:
    if rule.nth:
        return MonthDay.SAME_WEEKDAY
    return MonthDay.LAST_DAY if rule.month_day == LAST else MonthDay.SAME_DAY
