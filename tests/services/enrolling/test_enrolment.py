"""Machines get in by a code and a person, and never become one by themselves."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from itops.checks.host_inventory import Identifier, Identity
from itops.db import db
from itops.errors import Invalid, Refused
from itops.models import AuditEntry, Enrolment, EnrolmentCode, Host, HostState
from itops.models.host import MOVES
from itops.services.auditing import Actor
from itops.services.enrolling import enrolment
from itops.services.hosts import admitting
from itops.services.hosts import matching as host_matching
from itops.services.hosts import merging as host_merging
from tests import factories
from tests.conftest import NOON

pytestmark = pytest.mark.usefixtures("app")
BY = Actor(None, "张工", "10.0.0.9")
TOMORROW = NOON + timedelta(days=1)


def made(**given):
    return enrolment.make_code(**{"site": None, "ends_at": TOMORROW, "by": BY, "at": NOON} | given)


def asking(code, *, name="his-db", marks=(("machine_id", "ab12cd34"),), machine="a" * 64):
    marks = tuple(Identifier(kind=kind, value=value) for kind, value in marks)
    return enrolment.EnrolRequest(
        schema=1,
        code=code,
        agent="0.1.0",
        identity=Identity(hostname=name, system="Linux", identifiers=marks),
        machine=machine,
    )


def enrolled(code=None, **given):
    text = code or made(uses=9)[1]
    return enrolment.enrol(asking(text, **given), address="10.2.3.4", at=NOON)[0]


def test_a_code_is_long_random_and_kept_only_as_a_hash():
    code, text = made()
    assert len(text.replace("-", "")) * 5 >= 128
    assert text.startswith(code.hint)
    assert text.replace("-", "").encode() not in code.code_hash
    assert made()[1] != text


def test_a_code_lets_one_machine_in_which_then_waits():
    _, text = made()
    host, key = enrolment.enrol(asking(text.lower()), address="10.2.3.4", at=NOON)
    assert host.enrolment is Enrolment.PENDING
    assert len(key) >= 43
    assert db.session.get(HostState, host.id) is not None
    with pytest.raises(enrolment.CodeRefused):
        enrolment.enrol(asking(text), address="10.2.3.4", at=NOON)


def test_a_roll_out_code_lets_in_its_number_at_its_site():
    site = factories.site()
    code, text = made(site=site, uses=2, approves=True)
    hosts = [enrolled(text) for _ in range(2)]
    assert [(host.site_id, host.enrolment) for host in hosts] == 2 * [(site.id, "approved")]
    with pytest.raises(enrolment.CodeRefused):
        enrolled(text)
    db.session.refresh(code)
    assert (code.uses, code.uses_left) == (2, 0)


@pytest.mark.parametrize("why", ["unknown", "late", "ended", "elsewhere", "odd address"])
def test_every_refusal_of_a_code_reads_the_same(why):
    code, text = made(subnets=["10.2.0.0/16"])
    address, at = "10.2.3.4", NOON
    if why == "unknown":
        text = "AAAA-BBBB"
    elif why == "late":
        at = TOMORROW
    elif why == "ended":
        enrolment.end_code(code, by=BY, at=NOON)
    else:
        address = "10.3.0.1" if why == "elsewhere" else "?"
    with pytest.raises(enrolment.CodeRefused) as refusal:
        enrolment.enrol(asking(text), address=address, at=at)
    assert refusal.value.message.key == "enrol.code_refused"


@pytest.mark.parametrize(
    ("given", "field"),
    [({"uses": 0}, "uses"), ({"ends_at": NOON}, "ends_at"), ({"subnets": ["here"]}, "subnets")],
)
def test_a_code_that_makes_no_sense_is_refused_by_field(given, field):
    with pytest.raises(Invalid) as error:
        made(**given)
    assert error.value.fields[0].field == field


def test_an_enrolment_moves_only_as_the_table_says():
    for old in Enrolment:
        for new in Enrolment:
            host = factories.host(enrolment=old)
            if new in MOVES[old]:
                host.move_to(new, at=NOON)
                assert host.enrolment is new
            else:
                with pytest.raises(Refused):
                    host.move_to(new, at=NOON)


def test_approving_says_which_asset_a_machine_is_and_who_said_so():
    asset, host = factories.asset(), enrolled()
    admitting.approve(host, asset=asset, by=BY, at=NOON)
    assert (host.enrolment, host.asset, host.site_id) == ("approved", asset, asset.site_id)
    entry = db.session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc()).limit(1)).one()
    assert (entry.action, entry.actor_name) == ("host.approved", "张工")


def test_an_asset_is_one_live_machine_at_most():
    asset, first, second = factories.asset(), enrolled(), enrolled()
    admitting.approve(first, asset=asset, by=BY, at=NOON)
    with pytest.raises(Refused):
        admitting.approve(second, asset=asset, by=BY, at=NOON)
    admitting.revoke(first, by=BY, at=NOON)
    admitting.link(second, asset, by=BY, at=NOON)
    assert second.asset is asset


def test_the_same_machine_again_is_a_new_identity_that_a_person_merges():
    asset, old, new = factories.asset(), enrolled(), enrolled()
    admitting.approve(old, asset=asset, by=BY, at=NOON)
    assert old.id != new.id
    match = next(each for each in host_matching.suggestions(new) if each.subject is old)
    assert {reason.key for reason in match.reasons} >= {"match.machine", "match.machine_id"}

    host_merging.merge(old, into=new, by=BY, at=NOON)
    db.session.flush()
    assert (new.asset, old.merged_into_id) == (asset, new.id)
    host_merging.split(old, by=BY, at=NOON)
    db.session.flush()
    assert (new.asset, old.asset, old.merged_into) == (None, asset, None)


def test_merges_that_cannot_be_one_machine_are_refused():
    one, two, gone = enrolled(), enrolled(), enrolled()
    admitting.revoke(gone, by=BY, at=NOON)
    for old, new in [(one, one), (one, gone)]:
        with pytest.raises(Refused):
            host_merging.merge(old, into=new, by=BY, at=NOON)
    host_merging.merge(one, into=two, by=BY, at=NOON)
    with pytest.raises(Refused):
        host_merging.merge(two, into=one, by=BY, at=NOON)
    with pytest.raises(Refused):
        host_merging.split(two, by=BY, at=NOON)


def test_suggestions_name_assets_by_serial_card_name_and_address():
    asset = factories.asset(
        serial="SN-77", mac_address="3C-52-82-AA-01-02", tag="HIS-DB", ip_address="10.2.3.4"
    )
    factories.asset(serial="Default string")
    marks = [
        ("board_serial", "SN-77"),
        ("mac", "3c:52:82:aa:01:02"),
        ("chassis_serial", "Default string"),
    ]
    (match,) = host_matching.suggestions(enrolled(marks=marks))
    assert match.subject is asset
    assert [reason.key for reason in match.reasons] == [
        "match.serial",
        "match.mac",
        "match.tag",
        "match.address",
    ]


def test_two_machines_are_never_merged_by_themselves():
    for _ in range(3):
        enrolled()
    assert not any(host.merged_into_id for host in db.session.scalars(select(Host)))


def test_a_machine_set_aside_is_believed_again_only_by_a_person():
    host = enrolled()
    with pytest.raises(Refused):
        admitting.release(host, by=BY, at=NOON)
    host.quarantined_at, host.quarantine = NOON, {"machine": "b" * 64}
    admitting.release(host, by=BY, at=NOON)
    assert (host.quarantined_at, host.machine) == (None, "")


def test_no_secret_stands_in_the_log():
    code, text = made()
    _, key = enrolment.enrol(asking(text), address="10.2.3.4", at=NOON)
    written = str([(row.before, row.after) for row in db.session.scalars(select(AuditEntry))])
    assert key not in written
    assert text not in written
    assert code.code_hash.hex() not in written
    assert db.session.scalar(select(EnrolmentCode.uses)) == 1
