"""The demo's maintenance plans, made of the templates that itops ships."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial

from itops.db import db
from itops.models import Counts, MaintenancePlan, Role
from itops.services.demo.hospital import MACHINE_ROOM
from itops.services.demo.year import orders
from itops.services.demo.year.known import YEAR_DAYS, Known
from itops.services.maintenance import checklists
from itops.services.maintenance.recurrence import Recurrence, from_start
from itops.services.maintenance.templates import TEMPLATES, Target


@dataclass(frozen=True)
class DemoPlan:
    """A plan: its template, who owns it, and what narrows it to a module or a place."""

    template: str
    owner: Role
    module: str = ""
    place: str = ""
    #: Begun so many days ago, so that the dates of plans don't all fall together.
    since_days: int = YEAR_DAYS - 1


_ENGINEER, _DUTY = Role.ENGINEER, Role.DUTY_OFFICER
PLANS = (
    DemoPlan("room_round", _DUTY, place=MACHINE_ROOM),
    DemoPlan("database", _ENGINEER, module="HIS"),
    DemoPlan("backup", _ENGINEER, module="HIS"),
    DemoPlan("backup", _ENGINEER, module="EMR"),
    DemoPlan("backup", _DUTY, module="LIS"),
    DemoPlan("antivirus", _ENGINEER, since_days=361),
    DemoPlan("ups_self_test", _DUTY, since_days=359),
    DemoPlan("ups_runtime", _DUTY, since_days=140),
    DemoPlan("dust_servers", _ENGINEER, since_days=97),
    DemoPlan("dust_workstations", _ENGINEER, place="门诊楼", since_days=340),
    DemoPlan("dust_workstations", _DUTY, place="住院楼", since_days=301),
    DemoPlan("dust_exposed", _ENGINEER, place="收费大厅", since_days=355),
)


def pieces() -> Iterator[partial[None]]:
    """Yield the pieces in which plans are written, each with its year of orders."""
    return (partial(write_plan, number) for number in range(len(PLANS)))


def write_plan(number: int, known: Known) -> None:
    """Write a plan with the orders of its year, and let it go on from today."""
    each = PLANS[number]
    template = TEMPLATES[each.template]
    starts_on = known.now.today - timedelta(days=each.since_days)
    rhythm = from_start(template.unit, starts_on, every=template.every)
    plan = _row(each, rhythm, starts_on, known)
    db.session.add(plan)
    db.session.flush()
    dates = _dates(rhythm, starts_on, known.now.today + timedelta(days=template.lead_days))
    is_done = orders.write_orders(plan, number, dates, known)
    following = rhythm.after(dates[-1])
    if plan.counts is Counts.COMPLETION:
        following = rhythm.after_completion(dates[-1]) if is_done else None
    plan.next_due_on = following
    plan.make_on = following - timedelta(days=plan.lead_days) if following else None
    db.session.flush()


def _dates(rhythm: Recurrence, first: date, last: date) -> list[date]:
    found = []
    for on in rhythm.dates(first):
        if on > last:
            break
        found.append(on)
    return found


def _row(each: DemoPlan, rhythm: Recurrence, starts_on: date, known: Known) -> MaintenancePlan:
    template = TEMPLATES[each.template]
    module = known.modules[each.module] if each.module else None
    made_at = known.at - timedelta(days=each.since_days + 1)
    suffix = each.module or ("" if template.target is Target.PLACE else each.place)
    return MaintenancePlan(
        name=f"{template.name} {suffix}".strip(),
        name_en=f"{template.name_en} {_in_english(each, known)}".strip(),
        template=each.template,
        site_id=known.hospital.id,
        location_id=known.rooms[each.place].id if each.place else None,
        type_key=template.type_key or None,
        module=module,
        owner_id=known.people[each.owner].id,
        counts=template.counts,
        starts_on=starts_on,
        recurrence=rhythm.rule,
        lead_days=template.lead_days,
        evidence_rule=template.evidence_rule,
        needs_sign_off=template.needs_sign_off,
        checklist=checklists.keep(template.questions),
        created_at=made_at,
        updated_at=made_at,
        is_demo=True,
    )


def _in_english(each: DemoPlan, known: Known) -> str:
    if TEMPLATES[each.template].target is Target.PLACE or not each.place:
        return each.module
    return known.rooms[each.place].name_en
