"""The pages of checks: made on a page, carried out, seen by who may; both languages; bad input."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import select

from itops.checks.base import State
from itops.clock import utcnow
from itops.db import db
from itops.models import Check, CheckChange, CheckTranscript, Role
from itops.services.checking import listing
from tests import factories
from tests.queries import counted
from tests.services.checking.conftest import carried_out
from tests.views.hosts.test_health import ZH


def seen(check: Check, state: State, **given: object) -> Check:
    """Give a check a verdict of just now."""
    at = utcnow()
    facts = {
        "state": state,
        "hard_state": state,
        "state_since_at": at,
        "checked_at": at,
        "stale_at": at + timedelta(hours=1),
        "findings": [
            {
                "name": check.kind,
                "state": state.value,
                "message": {"key": "remote.port_closed", "params": {}},
                "counts": True,
            }
        ],
    }
    for name, value in (facts | given).items():
        setattr(check, name, value)
    db.session.flush()
    return check


def test_a_check_out_of_reach_is_no_place_to_begin(app, sign_in):
    mine = factories.module()
    for name in ("aaa", "zzz"):
        seen(factories.check(module=mine, name=name), State.OK)
    theirs = seen(
        factories.check(module=factories.module(site=factories.site()), name="mmm"), State.OK
    )
    db.session.commit()
    page = sign_in(Role.SITE_OFFICER, site=mine.site).get(f"/checks?after={theirs.id}").text
    assert [name for name in ("aaa", "mmm", "zzz") if f">{name}<" in page] == ["aaa", "zzz"]


def test_the_list_shows_the_worst_first_and_pages_by_key(app, sign_in):
    module = factories.module()
    states = [State.OK, State.WARNING, State.UNKNOWN, State.CRITICAL]
    for number in range(60):
        seen(factories.check(module=module, name=f"检查-{number:02}"), states[number % 4])
    client = sign_in(Role.HEAD)
    first = client.get("/checks").text
    order = re.findall(r"检查-(\d\d)</a>", first)
    assert len(order) == listing.PAGE_SIZE
    assert [int(n) % 4 for n in order] == sorted((int(n) % 4 for n in order), reverse=True)
    following = re.findall(r'rel="next" href="([^"]+)"', first)[0].replace("&amp;", "&")
    second = client.get(following).text
    rest = re.findall(r"检查-(\d\d)</a>", second)
    assert len(order) + len(rest) == 60
    assert set(order).isdisjoint(rest)


def test_the_list_asks_no_more_for_more_checks(app, sign_in):
    client = sign_in(Role.HEAD)
    asset = factories.asset()
    seen(factories.check(asset=asset), State.OK)
    client.get("/checks")
    with counted() as few:
        client.get("/checks")
    for _ in range(45):
        seen(factories.check(asset=factories.asset(site=asset.site)), State.WARNING)
        seen(factories.check(module=factories.module(site=asset.site)), State.OK)
    with counted() as many:
        client.get("/checks")
    assert len(many) == len(few) <= 14


def test_a_verdict_that_nobody_renewed_is_unknown_and_never_green(app, sign_in):
    check = seen(factories.check(), State.OK, stale_at=utcnow() - timedelta(seconds=1))
    client = sign_in(Role.HEAD)
    for path in ("/checks", f"/checks/{check.id}"):
        page = client.get(path).text
        assert "Nobody has looked at it since" in page
        assert 'class="st ok' not in page


@pytest.mark.parametrize("state", list(State))
def test_the_page_of_one_tells_the_state_with_its_reason_in_both_languages(app, sign_in, state):
    check = seen(factories.check(name="HIS 数据库"), state, is_hard=False, streak=1)
    db.session.add(CheckTranscript(check_id=check.id, at=utcnow(), text="tcp: refused"))
    db.session.add(CheckChange(check_id=check.id, at=utcnow(), old=State.OK, new=state))
    client = sign_in(Role.HEAD)
    page = client.get(f"/checks/{check.id}").text
    assert "nothing listens on this port" in page
    assert "tcp: refused" in page
    assert "seen 1 of 3 times" in page
    assert "没有" in client.get(f"/checks/{check.id}", headers=ZH).text


def test_what_a_machine_answered_is_shown_as_text(app, sign_in):
    canary = "<img src=x onerror=alert(1)>"
    check = seen(factories.check(name=canary), State.CRITICAL)
    check.findings = [
        {
            "name": "plugin",
            "state": "critical",
            "message": {"key": "check.no_such_command", "params": {"said": canary}},
            "counts": True,
        }
    ]
    db.session.add(CheckTranscript(check_id=check.id, at=utcnow(), text=canary))
    client = sign_in(Role.HEAD)
    for path in ("/checks", f"/checks/{check.id}", f"/checks/{check.id}/remove"):
        page = client.get(path).text
        assert canary not in page
        assert "&lt;img src=x" in page


def test_a_stranger_to_the_site_sees_and_changes_nothing(app, sign_in):
    check = seen(factories.check(asset=factories.asset(ip_address="10.0.0.9")), State.OK)
    client = sign_in(Role.ENGINEER, site=factories.site())
    assert check.name not in client.get("/checks").text
    for path in ("", "/edit", "/remove", "/progress", "/series?metric=x"):
        assert client.get(f"/checks/{check.id}{path}").status_code == 404
    for path, data in (
        ("/run", {}),
        ("/switch", {"on": ""}),
        ("/edit", {"kind": "tcp"}),
        ("/remove", {}),
    ):
        assert client.post(f"/checks/{check.id}{path}", data=data).status_code == 404


def test_a_check_goes_along_when_its_asset_moves(app, sign_in):
    asset, new = factories.asset(ip_address="10.0.0.9"), factories.site()
    check = factories.check(asset=asset)
    old = asset.site
    asset.site = new
    db.session.commit()
    assert sign_in(Role.ENGINEER, site=new).get(f"/checks/{check.id}").status_code == 200
    assert sign_in(Role.ENGINEER, site=old).get(f"/checks/{check.id}").status_code == 404


def test_look_now_shows_how_far_it_is_and_then_the_answer(app, sign_in, port):
    check = seen(factories.check(params={"port": port}), State.CRITICAL)
    check.due_at = utcnow() + timedelta(hours=1)
    client = sign_in(Role.DUTY_OFFICER)
    page = client.post(f"/checks/{check.id}/run", follow_redirects=True).text
    assert "Waits for its turn" in page
    assert "hx-trigger" in client.get(f"/checks/{check.id}/progress").text
    carried_out(app, check)
    done = client.get(f"/checks/{check.id}/progress")
    assert done.headers["HX-Refresh"] == "true"
    assert check.state is State.OK
    assert "Waits for its turn" not in client.get(f"/checks/{check.id}").text


def test_a_switched_off_check_is_not_looked_at_and_says_so(app, sign_in):
    check = seen(factories.check(), State.OK)
    client = sign_in(Role.ENGINEER)
    client.post(f"/checks/{check.id}/switch", data={"on": ""})
    db.session.refresh(check)
    assert check.due_at is None
    assert "Switched off" in client.get(f"/checks/{check.id}").text
    assert client.post(f"/checks/{check.id}/run", follow_redirects=True).text.count(
        "is switched off"
    )
    client.post(f"/checks/{check.id}/switch", data={"on": "1"})
    db.session.refresh(check)
    assert check.due_at is not None


def test_a_check_is_deleted_with_its_history_once_its_name_is_typed(app, sign_in, port):
    check = factories.check(params={"port": port}, due_at=utcnow())
    carried_out(app, check)
    client = sign_in(Role.ENGINEER)
    assert client.post(f"/checks/{check.id}/remove", data={"name": "x"}).status_code == 400
    client.post(f"/checks/{check.id}/remove", data={"name": check.name})
    assert db.session.scalars(select(Check)).all() == []
    assert db.session.scalars(select(CheckChange)).all() == []


@pytest.mark.parametrize("hours", [1, 24, 24 * 7, 24 * 30, 24 * 365])
def test_charts_answer_for_every_range(app, sign_in, port, hours):
    check = factories.check(params={"port": port}, due_at=utcnow())
    carried_out(app, check)
    client = sign_in(Role.HEAD)
    now = int(utcnow().timestamp()) + 60
    address = f"/checks/{check.id}/series?metric=tcp.connect_seconds"
    series = client.get(f"{address}&from={now - hours * 3600}&to={now}").json
    assert len([value for value in series["values"] if value is not None]) == 1
    assert [limit["value"] for limit in series["limits"]] == [1.0, 3.0]


def test_an_empty_list_says_what_to_do_first(app, sign_in):
    page = sign_in(Role.ENGINEER).get("/checks").text
    assert "Begin with one port" in page
    assert "/checks/new" in page
    assert "No check matches" in sign_in(Role.ENGINEER).get("/checks?q=nothing").text


def test_parameters_and_limits_are_told_in_the_readers_language(app, sign_in):
    check = seen(factories.check(kind="tls", params={"must_be_trusted": False}), State.OK)
    page = sign_in(Role.HEAD).get(f"/checks/{check.id}", headers=ZH).text
    assert '<dd class="id">否</dd>' in page
    assert "剩余天数：警告 30 天，严重 7 天" in page


def test_a_check_of_the_demo_says_that_it_is_never_carried_out(sign_in):
    check = factories.check(is_demo=True, asked_at=utcnow())
    client = sign_in(Role.ENGINEER)
    page = client.get(f"/checks/{check.id}").text
    assert "never carried out" in page
    assert "Look now" not in page
    assert "Waits for its turn" not in page
    answer = client.post(f"/checks/{check.id}/run", follow_redirects=True)
    assert "never carried out" in answer.text


def test_beside_an_answer_the_page_does_not_say_that_there_is_none(app, sign_in):
    check = factories.check()
    client = sign_in(Role.ENGINEER)
    assert "Nothing has been answered yet" in client.get(f"/checks/{check.id}").text
    seen(check, State.OK)
    db.session.commit()
    page = client.get(f"/checks/{check.id}").text
    assert "Nothing has been answered yet" not in page
    assert "was not kept word for word" in page
