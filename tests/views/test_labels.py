"""Labels: the sheet that is printed, who prints it, and codes that are revoked."""

from sqlalchemy import select

from itops.db import db
from itops.models import AssetLabel, AuditEntry, Role
from itops.services.auditing import Actor
from tests import factories

SOMEBODY = Actor(None, "信息科")


def ward_with_devices(count):
    ward = factories.department(name="呼吸内科", name_en="Respiratory ward")
    for number in range(count):
        name = f"护士站{number}号机"
        factories.asset(tag=f"YJ-{number:04}", name=name, site=ward.site, department=ward)
    db.session.commit()
    return ward


def codes():
    return list(db.session.scalars(select(AssetLabel.code).where(AssetLabel.revoked_at.is_(None))))


def test_a_sheet_holds_a_label_of_every_device_and_codes_are_drawn_once(sign_in):
    ward = ward_with_devices(22)
    engineer = sign_in(Role.ENGINEER)
    assert "Print 22 labels" in engineer.get(f"/labels?department={ward.id}").text
    data = {"department": ward.id, "paper": "a4_21"}
    place = engineer.post("/labels", data=data).location
    page = engineer.get(place).text
    assert page.count("<svg") == 2
    assert page.count("<path") == 22
    for word in ("YJ-0021", "护士站21号机", "呼吸内科", "Respiratory ward"):
        assert word in page
    drawn = codes()
    engineer.post("/labels", data=data)
    assert codes() == drawn
    assert len(set(drawn)) == 22
    actions = [entry.action for entry in db.session.scalars(select(AuditEntry))]
    assert actions == ["label.drawn"]


def test_a_lost_label_is_replaced_and_its_code_dead_at_once(sign_in, client):
    ward_with_devices(1)
    engineer = sign_in(Role.ENGINEER)
    engineer.post("/labels")
    (old,) = codes()
    assert client.get(f"/q/{old}").status_code == 200
    asset = db.session.scalars(select(AssetLabel)).one().asset_id
    engineer.post(f"/labels/asset/{asset}/renew")
    (new,) = codes()
    assert (client.get(f"/q/{old}").status_code, client.get(f"/q/{new}").status_code) == (404, 200)
    assert old in engineer.get(f"/labels/asset/{asset}").text
    engineer.post(f"/labels/asset/{asset}/revoke")
    assert client.get(f"/q/{new}").status_code == 404


def test_labels_are_printed_within_ones_own_reach_only(sign_in):
    near, far = factories.asset(tag="NEAR-1"), factories.asset(tag="FAR-1")
    db.session.commit()
    officer = sign_in(Role.SITE_OFFICER, site=near.site)
    page = officer.get(officer.post("/labels").location).text
    assert "NEAR-1" in page
    assert "FAR-1" not in page
    assert officer.get(f"/labels/asset/{far.id}").status_code == 404
    assert officer.post(f"/labels/asset/{far.id}/renew").status_code == 404
    assert officer.post("/labels", data={"asset": far.id}).status_code == 303
    assert len(codes()) == 1


def test_the_asset_leads_to_its_label_and_its_tickets(sign_in):
    asset = factories.asset()
    page = sign_in(Role.ENGINEER).get(f"/assets/{asset.id}").text
    assert f'"/labels/asset/{asset.id}"' in page
    assert f"asset={asset.id}" in page
    assert "/labels/" not in sign_in(Role.DIRECTOR).get(f"/assets/{asset.id}").text


def test_nonsense_in_a_choice_chooses_nothing(sign_in):
    ward_with_devices(2)
    engineer = sign_in(Role.ENGINEER)
    for query in ("skip=999999999999", "skip=-1", "paper=../x", "asset=abc", "type='"):
        assert engineer.get(f"/labels?{query}").status_code == 200
        assert engineer.get(f"/labels/sheet?{query}").status_code == 200


def test_a_label_that_nobody_is_named_for_says_only_when(sign_in):
    ward_with_devices(1)
    engineer = sign_in(Role.ENGINEER)
    engineer.post("/labels")
    label = db.session.scalars(select(AssetLabel)).one()
    label.created_by, label.revoked_at = "", label.created_at
    db.session.commit()
    page = engineer.get(f"/labels/asset/{label.asset_id}").text
    assert "by ," not in page
    assert "drawn " in page
    assert "revoked " in page
