"""The module pages: list, page, form, dependencies, and who may do what."""

import pytest
from sqlalchemy import select

from itops.checks.base import State
from itops.clock import utcnow
from itops.db import db
from itops.models import Dependency, DependencyKind, Role, SystemModule
from itops.services.modules import standing
from tests import factories
from tests.conftest import NOON
from tests.queries import counted


def stated(site, **given):
    return {"code": "LIS", "name": "检验系统", "site_id": str(site.id)} | given


@pytest.fixture
def engineer(sign_in):
    return sign_in(Role.ENGINEER)


def test_a_module_is_registered_from_a_template(engineer):
    site = factories.site()
    page = engineer.get("/modules/new?template=LIS")
    assert "Bring urgent samples" in page.text
    given = stated(site, rpo_minutes="15", rto_minutes="1小时", service_days="workdays")
    answer = engineer.post("/modules/new", data=given | {"from": "8:00", "to": "18:00"})
    module = db.session.scalars(select(SystemModule)).one()
    assert answer.location == f"/modules/stands/module/{module.id}"
    assert (module.rpo_minutes, module.rto_minutes) == (15, 60)
    assert module.service_hours == {"days": [1, 2, 3, 4, 5], "from": "08:00", "to": "18:00"}


def test_a_form_with_faults_names_each_and_keeps_what_was_typed(engineer):
    site = factories.site()
    given = stated(site, code="", rpo_minutes="soon", service_days="every_day", notes="留着")
    answer = engineer.post("/modules/new", data=given | {"from": "25:00", "to": ""})
    assert answer.status_code == 400
    for sentence in ("This has to be filled in", "Write minutes, or 2h", "Write a time such as"):
        assert sentence in answer.text
    assert "留着" in answer.text
    assert "soon" in answer.text


def test_a_short_name_is_taken_once_a_site(engineer):
    site = factories.site()
    factories.module(site=site, code="LIS")
    answer = engineer.post("/modules/new", data=stated(site))
    assert answer.status_code == 400
    assert "LIS is registered at this site already" in answer.text


def test_who_loses_a_race_sees_both_versions(engineer):
    module = factories.module(code="LIS", vendor="甲公司")
    db.session.commit()
    given = stated(module.site, vendor="丙公司", version="1")
    assert engineer.post(f"/modules/{module.id}/edit", data=given).status_code == 302
    answer = engineer.post(f"/modules/{module.id}/edit", data=given | {"vendor": "丁公司"})
    assert answer.status_code == 409
    assert "丙公司" in answer.text
    assert "丁公司" in answer.text


def test_the_page_says_in_words_whom_it_takes_down(engineer):
    lis, server = factories.module(name="检验系统", name_en="LIS"), factories.asset(tag="SRV-1")
    his, ward = factories.module(name_en="Hospital system"), factories.department(name_en="Ward 3")
    factories.dependency(lis, server)
    factories.dependency(his, lis, DependencyKind.NEEDS)
    factories.dependency(ward, lis, DependencyKind.SERVES)
    page = engineer.get(f"/modules/{lis.id}").text
    for words in ("1 department:", "Ward 3", "1 module:", "Hospital system", "SRV-1"):
        assert words in page


def test_a_dependency_is_said_and_taken_back_on_the_page(engineer):
    lis, server = factories.module(), factories.asset(tag="SRV-1")
    address = f"/modules/stands/module/{lis.id}"
    answer = engineer.post(address, data={"kind": "runs_on", "tag": " srv-1 "})
    assert "No asset with the tag srv-1" in answer.text
    answer = engineer.post(address, data={"kind": "runs_on", "tag": "SRV-1"})
    assert answer.status_code == 302
    made = db.session.scalars(select(Dependency)).one()
    assert made.lower_asset_id == server.id
    engineer.post(f"{address}/cut", data={"dependency": made.id})
    assert db.session.scalars(select(Dependency)).all() == []


def test_a_site_officer_sees_their_site_alone(sign_in):
    ours, theirs = factories.module(name_en="Ours"), factories.module(name_en="Theirs")
    officer = sign_in(Role.SITE_OFFICER, site=ours.site)
    page = officer.get("/modules").text
    assert "Ours" in page
    assert "Theirs" not in page
    assert officer.get(f"/modules/{theirs.id}").status_code == 404


def test_what_falls_outside_the_readers_reach_is_counted_and_not_named(sign_in):
    ours, theirs = factories.module(), factories.module(name="别处", name_en="Elsewhere")
    factories.dependency(theirs, ours, DependencyKind.NEEDS)
    page = sign_in(Role.SITE_OFFICER, site=ours.site).get(f"/modules/{ours.id}").text
    assert "Elsewhere" not in page
    assert "1 thing outside your reach" in page


def test_the_worst_module_stands_first_and_a_filter_keeps_one_state(engineer):
    well, ill = factories.module(name_en="Well"), factories.module(name_en="Ill")
    for module, state in ((well, State.OK), (ill, State.CRITICAL)):
        far = NOON.replace(year=2100)
        factories.check(module=module, state=state, hard_state=state, stale_at=far)
    standing.look(at=utcnow())
    page = engineer.get("/modules").text
    assert page.index("Ill") < page.index("Well")
    assert "Well" not in engineer.get("/modules?state=critical").text


def test_the_list_asks_the_same_number_of_queries_however_long_it_is(engineer):
    factories.module()
    engineer.get("/modules")
    with counted() as few:
        engineer.get("/modules")
    for _ in range(20):
        factories.module()
    with counted() as many:
        engineer.get("/modules")
    assert len(many) == len(few)


@pytest.mark.parametrize(
    ("address", "first_step"),
    [
        ("/modules", "No module is registered yet"),
        ("/backups", "No backup is registered yet"),
        ("/checks", "No checks yet"),
        ("/maintenance", "No order is to be done"),
        ("/maintenance/plans", "No plans yet"),
    ],
)
def test_who_may_begin_at_one_site_is_shown_how(sign_in, address, first_step):
    page = sign_in(Role.HEAD, site=factories.site()).get(address).text
    assert first_step in page
    assert "Ask " not in page
