"""From a template to a signature: a plan, its order, a photo on the phone, somebody else signs."""

import io

from sqlalchemy import select

from itops.db import db
from itops.models import (
    Attachment,
    Evidence,
    MaintenancePlan,
    ProvenBy,
    Role,
    SignOff,
    WorkOrder,
    WorkOrderItem,
    WorkStatus,
)
from tests import factories
from tests.views.maintenance.forms import fields, png


def test_dust_cleaning_from_template_to_signature(sign_in):
    site = factories.site()
    servers = [factories.asset(site=site, type=factories.asset_type("server")) for _ in range(2)]
    engineer, head = sign_in(Role.ENGINEER, name="李建国"), sign_in(Role.HEAD, name="张主任")
    form = fields(engineer.get("/maintenance/plans/new?template=dust_servers").text)
    form |= {"target": "type", "needs_sign_off": "1"}
    assert engineer.post("/maintenance/plans/new", data=form).status_code == 302
    plan = db.session.scalars(select(MaintenancePlan)).one()
    order = db.session.scalars(select(WorkOrder)).one()
    items = db.session.scalars(select(WorkOrderItem).order_by(WorkOrderItem.id)).all()
    assert [item.asset_id for item in items] == [one.id for one in servers]
    for item in items:
        clean(engineer, order, item)
    db.session.expire_all()
    assert (order.status, order.proof) == (WorkStatus.TO_SIGN, ProvenBy.PERSON)
    assert len(db.session.scalars(select(Evidence)).all()) == 2
    photo = db.session.scalars(select(Attachment)).first()
    assert photo is not None
    assert engineer.get(f"/attachments/{photo.code}").data == png()
    own = {"signature": "李建国", "version": order.version}
    assert engineer.post(f"/maintenance/orders/{order.id}/sign", data=own).status_code == 409
    sign = {"signature": "张主任", "version": order.version}
    assert head.post(f"/maintenance/orders/{order.id}/sign", data=sign).status_code == 302
    db.session.expire_all()
    assert order.status is WorkStatus.DONE
    assert db.session.scalars(select(SignOff)).one().name == "张主任"
    assert (plan.next_due_on or order.due_on) > order.due_on


def clean(engineer, order, item):
    """Fill in the form of one server on the phone: first without its photos, then with them."""
    assert item.asset.tag in engineer.get(f"/maintenance/orders/{order.id}").text
    address = f"/maintenance/orders/{order.id}/items/{item.id}/done"
    given = {"q2": "yes", "q3": "yes", "q5": "李建国"}
    refused = engineer.post(address, data=given)
    assert refused.status_code == 400
    assert "Add a photo" in refused.text
    photos = {f"photo-{key}": (io.BytesIO(png()), "前.png") for key in ("q1", "q4")}
    assert engineer.post(address, data=given | photos).status_code == 302
