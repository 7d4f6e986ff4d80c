"""Making and changing checks on pages: the kind's grammar, places out of reach, lost races."""

import re

import pytest
from sqlalchemy import select

from itops.db import db
from itops.models import AuditEntry, Check, CredentialKind, Role
from tests import factories
from tests.services.checking.conftest import account, approved, carried_out
from tests.views.hosts.test_health import ZH


def form(**given: str) -> dict[str, str]:
    return {"kind": "tcp", "name": "LIS 端口", "p-port": "1433", "interval_seconds": "60"} | given


def test_a_check_is_made_on_the_page_and_looked_at_at_once(app, sign_in):
    asset = factories.asset(tag="SRV-1", ip_address="10.1.2.3")
    client = sign_in(Role.ENGINEER)
    page = client.post("/checks/new", data=form(asset="SRV-1"), follow_redirects=True)
    assert "LIS 端口" in page.text
    check = db.session.scalars(select(Check)).one()
    assert (check.asset_id, check.site_id, check.params["port"]) == (asset.id, asset.site_id, 1433)
    assert check.due_at == check.asked_at
    entry = db.session.scalars(select(AuditEntry)).one()
    assert (entry.action, entry.subject_name) == ("check.created", "LIS 端口")
    assert (entry.after or {})["params"]["port"] == 1433


def test_a_check_without_a_name_is_called_after_what_it_looks_at(app, sign_in):
    client = sign_in(Role.ENGINEER)
    site = str(factories.site().id)
    client.post("/checks/new", data=form(name="", address="10.1.2.3", site_id=site))
    assert db.session.scalars(select(Check.name)).one() == "tcp 10.1.2.3:1433"


def test_every_kind_has_a_form_in_both_languages(app, sign_in):
    client = sign_in(Role.ENGINEER)
    chooser = client.get("/checks/new").text
    kinds = re.findall(r"/checks/new\?kind=(\w+)", chooser)
    assert len(kinds) > 10
    for kind in kinds:
        for headers in ({}, ZH):
            page = client.get(f"/checks/new?kind={kind}", headers=headers)
            assert page.status_code == 200
            assert "check." not in re.sub(r"<[^>]*>", "", page.text), kind


HOSTILE = [
    "; reboot",
    "$(reboot)",
    "`reboot`",
    "a\nb",
    "-rf",
    "x" * 2000,
    "\u202eexe",
    "' OR 1=1 --",
    "<img src=x onerror=alert(1)>",
    "a\x07b",
]


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize(
    ("kind", "field"), [("service", "p-unit"), ("process", "p-process"), ("tcp", "p-port")]
)
def test_a_hostile_parameter_is_refused_by_its_name(app, sign_in, kind, field, text):
    factories.asset(tag="SRV-1", ip_address="10.1.2.3")
    credential = factories.credential(kind=CredentialKind.SSH_KEY)
    client = sign_in(Role.ENGINEER)
    given = {"kind": kind, "asset": "SRV-1", field: text, "credential_id": str(credential.id)}
    page = client.post("/checks/new", data=given)
    assert page.status_code == 400
    assert f'href="#{field}"' in page.text
    assert db.session.scalars(select(Check)).all() == []


@pytest.mark.parametrize(
    ("field", "text"),
    [
        ("address", "-oProxyCommand=reboot"),
        ("address", "a b"),
        ("asset", "no such tag"),
        ("interval_seconds", "1"),
        ("hard_after", "0"),
        ("name", "a\x07b"),
        ("l-response-warning", "nan"),
        ("module_id", "999999"),
        ("site_id", "12345678901"),
        ("p-such", "1"),
    ],
)
def test_each_field_that_is_wrong_is_named_and_nothing_is_kept(app, sign_in, field, text):
    site = factories.site()
    client = sign_in(Role.ENGINEER)
    typed = form(address="10.0.0.1", site_id=str(site.id)) | {field: text}
    page = client.post("/checks/new", data=typed)
    assert page.status_code == 400
    assert f'href="#{field}"' in page.text
    assert "LIS 端口" in page.text or field == "name"
    assert db.session.scalars(select(Check)).all() == []


def test_nobody_takes_a_check_to_an_asset_or_key_out_of_reach(app, sign_in):
    mine = factories.asset(ip_address="10.0.0.9", tag="MINE")
    theirs = factories.asset(ip_address="10.0.0.8", tag="THEIRS")
    foreign = factories.credential(kind=CredentialKind.SSH_KEY)
    check = factories.check(asset=mine)
    client = sign_in(Role.ENGINEER, site=mine.site)
    page = client.post(f"/checks/{check.id}/edit", data=form(asset="THEIRS", version="1"))
    assert (page.status_code, 'href="#asset"' in page.text) == (400, True)
    page = client.post(
        "/checks/new", data={"kind": "disk", "asset": "MINE", "credential_id": str(foreign.id)}
    )
    assert (page.status_code, 'href="#credential_id"' in page.text) == (400, True)
    page = client.post("/checks/new", data=form(address="10.0.0.7", site_id=str(theirs.site_id)))
    assert (page.status_code, 'href="#site_id"' in page.text) == (400, True)


def test_two_editors_at_once_lose_nothing(app, sign_in):
    check = factories.check(asset=factories.asset(ip_address="10.0.0.9", tag="A-1"))
    client = sign_in(Role.ENGINEER)
    given = form(asset="A-1", version="1")
    assert client.post(f"/checks/{check.id}/edit", data=given | {"name": "eins"}).status_code == 302
    late = client.post(f"/checks/{check.id}/edit", data=given | {"name": "zwei"})
    assert late.status_code == 409
    assert "eins" in late.text
    assert "zwei" in late.text
    again = re.findall(r'name="version" value="(\d+)"', late.text)[0]
    done = client.post(f"/checks/{check.id}/edit", data=given | {"name": "zwei", "version": again})
    assert done.status_code == 302
    db.session.refresh(check)
    assert check.name == "zwei"


def test_a_measurement_in_between_is_no_lost_race(app, sign_in, port):
    check = factories.check(
        asset=factories.asset(ip_address="127.0.0.1", tag="A-1"), params={"port": port}
    )
    client = sign_in(Role.ENGINEER)
    carried_out(app, check)
    saved = client.post(f"/checks/{check.id}/edit", data=form(asset="A-1", version="1"))
    assert saved.status_code == 302


def test_a_disk_over_ssh_from_the_form_to_its_chart(app, sign_in, sshd):
    approved(sshd)
    factories.asset(tag="SRV-1", ip_address="127.0.0.1", type=factories.asset_type("server"))
    credential = account(sshd)
    client = sign_in(Role.HEAD)
    given = {
        "kind": "disk",
        "asset": "SRV-1",
        "port": str(sshd.port),
        "credential_id": str(credential.id),
        "l-space-warning": "1",
        "l-space-critical": "100",
    }
    client.post("/checks/new", data=given)
    check = db.session.scalars(select(Check)).one()
    carried_out(app, check)
    page = client.get(f"/checks/{check.id}").text
    assert "Disk used /" in page
    assert "Warning 1.0 %" in page or "Warning 1 %" in page
    assert "Filesystem" in page
