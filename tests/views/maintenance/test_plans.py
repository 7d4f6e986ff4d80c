"""Plans: from a template to the row, what is refused, and that nobody carries one off."""

import pytest
from sqlalchemy import func, select

from itops.db import db
from itops.models import Checklist, MaintenancePlan, Role, WorkOrder
from itops.services.maintenance.templates import TEMPLATES
from tests import factories
from tests.services.maintenance.planned import plan
from tests.views.maintenance.forms import fields


@pytest.fixture
def engineer(sign_in):
    return sign_in(Role.ENGINEER, name="李建国")


def form(engineer, template: str = "room_round") -> dict[str, str]:
    return fields(engineer.get(f"/maintenance/plans/new?template={template}").text)


def count(model) -> int:
    return db.session.scalar(select(func.count()).select_from(model)) or 0


@pytest.mark.parametrize("template", sorted(TEMPLATES))
def test_every_template_fills_a_form_that_can_be_previewed(template, engineer):
    site = factories.site()
    typed = form(engineer, template) | {"preview": "1", "target": TEMPLATES[template].target}
    typed |= {"location_id": str(factories.location(site=site).id), "module_id": "1"}
    page = engineer.post("/maintenance/plans/new", data=typed)
    assert page.status_code == 200
    assert 'id="preview"' in page.text
    assert count(MaintenancePlan) == 0


def test_three_impatient_clicks_are_one_plan_and_one_order(engineer):
    site = factories.site()
    room = factories.location(site=site)
    typed = form(engineer) | {"target": "place", "location_id": str(room.id)}
    for _ in range(3):
        assert engineer.post("/maintenance/plans/new", data=typed).status_code == 302
    assert (count(MaintenancePlan), count(WorkOrder), count(Checklist)) == (1, 1, 1)


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"name": ""}, "name"),
        ({"starts_on": "2026-02-30"}, "starts_on"),
        ({"starts_on": ""}, "starts_on"),
        ({"every": "0"}, "every"),
        ({"every": "99999999999999999999"}, "every"),
        ({"unit": "fortnight"}, "unit"),
        ({"lead_days": "-1"}, "lead_days"),
        ({"lead_days": "4000"}, "lead_days"),
        ({"evidence_rule": "nonsense"}, "evidence_rule"),
        ({"evidence_rule": "verified_backup"}, "evidence_rule"),
        ({"target": "asset", "asset_tag": "PC-none"}, "asset_tag"),
        ({"target": "module", "module_id": "999"}, "module_id"),
        ({"target": "place", "location_id": "999"}, "location_id"),
        ({"owner_id": "999"}, "owner_id"),
        ({"low-0": "warm"}, "low-0"),
        ({"low-0": "40"}, "high-0"),
        ({"text-0": "x" * 300}, "text-0"),
    ],
)
def test_what_is_wrong_is_named_with_all_that_was_typed_kept(typed, field, engineer):
    site = factories.site()
    room = factories.location(site=site)
    good = form(engineer) | {"target": "place", "location_id": str(room.id), "name_en": "Kept"}
    page = engineer.post("/maintenance/plans/new", data=good | typed)
    assert page.status_code == 400
    assert f'id="{field}-error"' in page.text
    assert 'value="Kept"' in page.text
    assert count(MaintenancePlan) == 0


def test_a_plan_is_neither_seen_nor_changed_nor_moved_from_outside_its_site(sign_in):
    """A peer let a maintenance record be re-pointed to another company's asset."""
    own, other = factories.site(), factories.site()
    mine, theirs = plan(site=own), plan(site=other)
    victim = factories.asset(site=other)
    officer = sign_in(Role.SITE_OFFICER, site=own)
    assert officer.get(f"/maintenance/plans/{theirs.id}").status_code == 404
    for act in ("edit", "switch"):
        assert officer.post(f"/maintenance/plans/{theirs.id}/{act}").status_code == 404
    typed = fields(officer.get(f"/maintenance/plans/{mine.id}/edit").text)
    for change in (
        {"site_id": str(other.id)},
        {"target": "asset", "asset_tag": victim.tag},
        {"target": "place", "location_id": str(factories.location(site=other).id)},
    ):
        given = typed | {"target": "type", "type_key": "workstation"} | change
        answer = officer.post(f"/maintenance/plans/{mine.id}/edit", data=given)
        assert answer.status_code == 400
    db.session.expire_all()
    assert (mine.site_id, mine.asset_id, mine.location_id) == (own.id, None, None)


def test_the_second_of_two_editors_is_told_and_keeps_what_they_typed(engineer):
    made = plan(type_key=factories.asset_type().key)
    typed = fields(engineer.get(f"/maintenance/plans/{made.id}/edit").text)
    path = f"/maintenance/plans/{made.id}/edit"
    typed |= {"target": "type"}
    assert engineer.post(path, data=typed | {"name": "第一"}).status_code == 302
    lost = engineer.post(path, data=typed | {"name": "第二"})
    assert lost.status_code == 409
    assert "第二" in lost.text
    db.session.expire_all()
    assert made.name == "第一"


def test_a_plan_cannot_be_made_for_a_site_that_one_only_reads(sign_in):
    site = factories.site()
    assert sign_in(Role.DIRECTOR).get("/maintenance/plans/new").status_code == 403
    contact = sign_in(Role.DEPARTMENT_CONTACT, department=factories.department(site=site))
    assert contact.post("/maintenance/plans/new").status_code == 403
