"""The lists of hosts and the page of one: states, reasons, charts, scope, both languages."""

import re
from datetime import UTC, timedelta

import pytest

from itops.checks.base import State
from itops.clock import utcnow
from itops.db import db
from itops.errors import Message
from itops.models import Enrolment, Inventory, InventoryChange, Role, SiteKind
from itops.services.history.writing import write_block
from tests import factories
from tests.queries import counted
from tests.views.hosts.test_health import ZH, health

DISKS = b"""{"disks": [
  {"mount": "/", "device": "a", "fstype": "ext4", "state": "ok",
   "total_bytes": 100000000000, "free_bytes": 4000000000},
  {"mount": "/net", "device": "b", "fstype": "nfs", "state": "timeout"}]}"""
SERVICES = b'[{"name": "sshd", "state": "running"}, {"name": "mssql", "state": "failed"}]'


def a_full_host(**given):
    disk = {
        "name": "disk:/",
        "state": "critical",
        "message": Message("finding.disk", {"mount": "/", "value": 96.0, "free": "4 GB"}).as_json(),
        "counts": True,
    }
    fans = {
        "name": "fans",
        "state": "unknown",
        "message": Message("finding.unseen.no_sensor", {"what": Message("unseen.fans")}).as_json(),
        "counts": False,
    }
    state = health(State.CRITICAL, latest=DISKS, services=SERVICES) | {"findings": [disk, fans]}
    host = factories.host(state=state, **given)
    at = utcnow()
    document = {
        "os": {"name": "Debian", "version": "12"},
        "software": [{"name": f"package-{n:03}", "version": "1"} for n in range(150)],
        "addresses": [],
    }
    db.session.add(Inventory(host_id=host.id, taken_at=at, received_at=at, document=document))
    db.session.add(
        InventoryChange(
            host_id=host.id, at=at, key="inventory.memory", params={"old": "8 GB", "new": "16 GB"}
        )
    )
    db.session.flush()
    return host


def with_history(host, days=40):
    now = int(utcnow().timestamp())
    hours = days * 24
    start = now - hours * 3600
    used = [50 + 40 * hour / hours for hour in range(hours)]
    write_block(host.id, 3600, start, {"disk.used_percent:/": used, "cpu.percent": used})
    recent = [20.0] * 120
    write_block(host.id, 300, now - 36000, {"cpu.percent": recent})
    db.session.commit()


def test_the_page_tells_the_state_its_reason_and_what_cant_be_seen(sign_in):
    host = a_full_host(name="lis-srv-01")
    client = sign_in(Role.HEAD)
    for language, words in (
        ({}, ("Critical", "96.0 %", "4 GB", "Warning 85 %", "did not answer in time", "mssql")),
        (ZH, ("严重", "为什么是", "看不到什么", "没有及时应答", "失败")),
    ):
        page = client.get(f"/hosts/{host.id}", headers=language).text
        for word in ("lis-srv-01", "8 GB", "16 GB", *words):
            assert word in page


@pytest.mark.parametrize(
    ("state_now", "word"),
    [
        (lambda: health(State.OK), "Everything that was checked is within its limits"),
        (
            lambda: health(State.OK, ago=timedelta(days=1)),
            "We don&#39;t know how it is since then",
        ),
        (
            lambda: health(State.OK, farewell_at=utcnow(), farewell_reason="shutdown"),
            "Switched off",
        ),
        (dict, "Never heard"),
        (lambda: health(State.UNKNOWN), "The machine gave no reason"),
    ],
)
def test_each_way_of_knowing_or_not_is_said(sign_in, state_now, word):
    host = factories.host(state=state_now())
    assert word in sign_in(Role.HEAD).get(f"/hosts/{host.id}").text


def test_the_charts_and_forecasts_come_from_history(sign_in):
    host = a_full_host()
    with_history(host)
    page = sign_in(Role.HEAD).get(f"/hosts/{host.id}").text
    assert 'data-series="/hosts/' in page
    assert 'aria-label="Processor' in page
    assert "full in " in page
    assert 'aria-current="true">24 hours' in page


@pytest.mark.parametrize("span", ["1h", "7d", "30d", "1y"])
def test_every_range_is_drawn_without_a_script(sign_in, span):
    host = a_full_host()
    with_history(host)
    page = sign_in(Role.HEAD).get(f"/hosts/{host.id}?range={span}")
    assert page.status_code == 200
    assert page.text.count("<figure") >= 1


def test_the_series_is_given_as_the_chart_script_wants_it(sign_in):
    host = a_full_host()
    with_history(host)
    end = int(utcnow().timestamp())
    address = f"/hosts/{host.id}/series?metric=cpu.percent&from={end - 30 * 86400}&to={end}"
    answer = sign_in(Role.HEAD).get(address, headers={"Accept": "application/json"}).json
    assert set(answer) == {"times", "values", "low", "high", "step", "unit", "limits"}
    assert answer["unit"] == "%"
    assert answer["limits"][0] == {"state": "warning", "value": 90, "text": "Warning 90 %"}
    assert 100 < len(answer["times"]) == len(answer["values"]) <= 2001


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("metric=moon", "metric"),
        ("metric=cpu.percent&from=abc&to=9", "from"),
        ("metric=cpu.percent&from=10", "to"),
        ("metric=cpu.percent&from=900&to=100", "to"),
        ("metric=cpu.percent&from=1&to=3999999999", "to"),
        ("metric=cpu.percent&range=never", "range"),
        ("metric=cpu.percent&step=-1", "step"),
    ],
)
def test_a_wrong_question_for_a_series_names_the_field(sign_in, query, field):
    host = factories.host(state=health())
    address = f"/hosts/{host.id}/series?{query}"
    answer = sign_in(Role.HEAD).get(address, headers={"Accept": "application/json"})
    assert answer.status_code == 400
    assert [error["field"] for error in answer.json["errors"]] == [field]


def test_a_host_out_of_reach_is_not_there(sign_in):
    host = a_full_host(site=factories.site())
    client = sign_in(Role.SITE_OFFICER, site=factories.site())
    for page in ("", "/series?metric=cpu.percent", "/inventory"):
        assert client.get(f"/hosts/{host.id}{page}").status_code == 404
    assert sign_in(Role.HEAD).get("/hosts/99999").status_code == 404
    assert sign_in(Role.HEAD).get("/hosts/99999999999999999999").status_code == 404


def test_who_may_not_see_health_opens_no_host(sign_in):
    host = a_full_host()
    for page in ("/hosts", f"/hosts/{host.id}", f"/hosts/{host.id}/inventory"):
        assert sign_in(Role.SECURITY_ADMIN).get(page).status_code == 403


def test_the_inventory_searches_software_and_pages_by_key(sign_in):
    host = a_full_host()
    client = sign_in(Role.HEAD)
    first = client.get(f"/hosts/{host.id}/inventory").text
    assert "package-000" in first
    assert "package-149" not in first
    found = client.get(f"/hosts/{host.id}/inventory?q=PACKAGE-149").text
    assert "package-149" in found
    assert "package-000" not in found
    rest = client.get(f"/hosts/{host.id}/inventory?after=package-099%0A1%0A").text
    assert "package-149" in rest
    assert "<td>package-099<" not in rest


def test_without_an_inventory_the_page_says_why(sign_in):
    host = factories.host(state=health())
    page = sign_in(Role.HEAD).get(f"/hosts/{host.id}/inventory").text
    assert "No inventory yet" in page


def test_every_host_stands_on_one_of_the_pages_the_well_ones_last(sign_in):
    for state, count in ((State.OK, 70), (State.WARNING, 40), (State.CRITICAL, 5)):
        for _ in range(count):
            factories.host(name=f"{state.value}-{next(factories._number):05}", state=health(state))
    client, address, seen = sign_in(Role.HEAD), "/hosts", []
    while address:
        page = client.get(address).text
        seen += re.findall(r'<a href="/hosts/\d+">([a-z]+)-', page)
        following = re.search(r'rel="next" href="([^"]+)"', page)
        address = following[1] if following else ""
    assert seen == ["critical"] * 5 + ["warning"] * 40 + ["ok"] * 70


def test_the_list_is_worst_first_and_pages_by_key(sign_in):
    for number in range(60):
        factories.host(name=f"ok-{number:02}", state=health())
    factories.host(name="zz-bad", state=health(State.CRITICAL, key="a"))
    client = sign_in(Role.HEAD)
    first = client.get("/hosts").text
    assert first.index("zz-bad") < first.index("ok-00")
    assert "ok-49" not in first
    after = first.split("after=")[1].split('"')[0]
    second = client.get(f"/hosts?after={after}").text
    assert "ok-49" in second
    assert "ok-59" in second
    assert "ok-00" not in second


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("/hosts?list=pending", "waits"),
        ("/hosts?list=revoked", "gone"),
        ("/hosts?list=silent", "mute"),
        ("/hosts?list=quarantined", "cloned"),
        ("/hosts?state=critical", "broken"),
        ("/hosts?q=10.9.8", "fine"),
    ],
)
def test_each_list_shows_its_hosts_and_no_others(sign_in, address, name):
    factories.host(name="waits", enrolment=Enrolment.PENDING)
    factories.host(name="gone", enrolment=Enrolment.REVOKED)
    factories.host(name="mute", state=health(ago=timedelta(days=2)))
    factories.host(name="cloned", quarantined_at=utcnow().astimezone(UTC), state=health())
    factories.host(name="broken", state=health(State.CRITICAL))
    factories.host(name="fine", state=health(), address="10.9.8.7")
    page = sign_in(Role.HEAD).get(address).text
    shown = [one for one in ("waits", "gone", "mute", "cloned", "broken", "fine") if one in page]
    assert shown == [name]


def test_lists_obey_scope_and_say_when_nothing_is_there(sign_in):
    mine = factories.site(kind=SiteKind.TOWNSHIP_CENTRE)
    factories.host(name="theirs", site=factories.site(), state=health())
    client = sign_in(Role.SITE_OFFICER, site=mine)
    for address in ("/hosts", "/hosts?list=pending", "/hosts?q=theirs", "/hosts?list=revoked"):
        assert ">theirs<" not in client.get(address).text
    assert "No machine is silent" in client.get("/hosts?list=silent").text
    assert "Nothing matches" in client.get("/hosts?q=nothing").text


@pytest.mark.parametrize("listing", ["pending", "revoked", "every", "all", "silent"])
def test_a_host_out_of_reach_is_no_place_to_begin(sign_in, listing):
    """Which of mine come after theirs would tell what theirs is called."""
    kind = Enrolment(listing) if listing in {"pending", "revoked"} else Enrolment.APPROVED
    mine, ago = factories.site(), timedelta(days=2 if listing == "silent" else 0)
    for name in ("aaa", "zzz"):
        factories.host(name=name, site=mine, enrolment=kind, state=health(ago=ago))
    theirs = factories.host(name="mmm", site=factories.site(), enrolment=kind, state=health())
    db.session.commit()
    page = sign_in(Role.SITE_OFFICER, site=mine).get(f"/hosts?list={listing}&after={theirs.id}")
    shown = [name for name in ("aaa", "mmm", "zzz") if f">{name}<" in page.text]
    assert shown == ["aaa", "zzz"]


def test_a_filter_that_is_not_understood_is_not_asked_for(sign_in):
    client, host = sign_in(Role.HEAD), factories.host(name="PC-9", state=health())
    for nonsense in ("list=moon", "state=moon", "after=x", "place=-1", "kind=moon", "site=1e3"):
        assert host.name in client.get(f"/hosts?{nonsense}").text


def test_list_and_page_ask_the_database_a_fixed_number_of_questions(sign_in):
    client = sign_in(Role.HEAD)
    host = a_full_host(asset=factories.asset())
    with_history(host)
    client.get(f"/hosts/{host.id}")  # the names of metrics are read once while the server runs
    counts = []
    for _ in range(2):
        for _ in range(10):
            factories.host(asset=factories.asset(), state=health(State.WARNING, key="k"))
        db.session.commit()
        with counted() as statements:
            client.get("/hosts")
            client.get(f"/hosts/{host.id}")
        counts.append(len(statements))
    assert counts[0] == counts[1] <= 40
