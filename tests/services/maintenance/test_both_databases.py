"""Every question that maintenance asks of its tables is understood by both databases."""

import pytest
from sqlalchemy import true

from itops.db import db
from itops.models import ProvenBy, WorkOrder, WorkStatus
from itops.services.maintenance import (
    calendar,
    compliance,
    evidence,
    order_list,
    order_page,
    plan_list,
    planning,
    walk,
)
from itops.services.maintenance.order_list import Shelf, Wanted
from itops.services.places import tree as place_tree
from itops.services.scoping import EVERYWHERE
from tests import factories
from tests.services.maintenance.planned import TODAY, actor, at, order, plan
from tests.services.maintenance.test_antivirus_proof import machine


@pytest.mark.both_databases
def test_lists_pages_figures_and_proof(any_app):
    site = factories.site()
    made_plan = plan(site=site, type_key=factories.asset_type().key)
    assets = [machine(1, asset=factories.asset(site=site)) for _ in range(2)]
    made = order(assets=assets, plan=made_plan, evidence_rule="antivirus_signatures")
    db.session.commit()
    for shelf in Shelf:
        order_list.page(Wanted(shelf), within=EVERYWHERE, today=TODAY, after=(TODAY, 1))
    wanted = Wanted(asset_id=assets[0].id, first=TODAY, last=TODAY, site_id=site.id)
    assert order_list.counts(*wanted.conditions(EVERYWHERE), today=TODAY)[Shelf.TO_DO] == 1
    assert order_list.page(wanted, within=EVERYWHERE, today=TODAY, after=None).lines[0].total == 2
    assert len(order_list.of_asset(assets[0].id, within=EVERYWHERE)) == 1
    assert evidence.prove_all(at()) is None
    assert (made.status, made.proof) == (WorkStatus.DONE, ProvenBy.MACHINE)
    assert evidence.doubt_all(at()) == 0
    assert len(order_page.read(made, EVERYWHERE).evidence) == 2
    here = WorkOrder.site_id == site.id
    assert compliance.figure(here, first=TODAY, last=TODAY, today=TODAY).on_time == 1
    assert plan_list.page(true()).lines[0].plan is made_plan
    for after in (plan_list.After(True, "", 1), plan_list.After(False, made_plan.name, 0)):
        plan_list.page(true(), after)
    due = calendar.days(TODAY, TODAY, orders_within=true(), plans_within=true())
    assert list(due.days) == [TODAY]
    walk.day(at(), within=EVERYWHERE, whose=factories.user().id, tree=place_tree.load())
    planning.switch(made_plan, on=False, by=actor(), now=at())
