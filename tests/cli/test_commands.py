"""The commands that work on the database: what they do, print and answer to the shell."""

import json
import shutil
from datetime import timedelta
from typing import Any

import pytest
from click.testing import CliRunner, Result
from flask import has_app_context
from sqlalchemy import select

from itops import create_app
from itops.cli import main
from itops.clock import utcnow
from itops.config import Settings
from itops.db import db
from itops.models import AuditEntry, Enrolment, EnrolmentCode, Host, HostState, User
from itops.services.demo.ordering import order_demo
from itops.services.secrets.secrecy import secret_hash
from itops.services.users.one_time_links import find_link
from tests import factories
from tests.services.users.phones import phone_of

ENGLISH = {"LANG": "en_US.UTF-8", "LANGUAGE": "", "LC_ALL": ""}


@pytest.fixture
def folder(migrated, tmp_path):
    shutil.copy(migrated / "itops.db", tmp_path)
    return tmp_path


@pytest.fixture
def itops(folder):
    """Give a function that runs a command of this installation."""

    def run(*words: str, **environment: str) -> Result:
        if has_app_context():
            db.session.commit()  # a test that looked holds the lock for which a command waits
        given = {"ITOPS_DATA_DIR": str(folder)} | ENGLISH | environment
        return CliRunner(env=given).invoke(main, list(words))

    return run


@pytest.fixture
def inside(folder):
    """Look at the installation's database, beside the commands."""
    app = create_app(Settings(data_dir=folder))
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()


def answer(result: Result) -> Any:
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_a_person_is_added_listed_and_gets_a_link(itops, inside):
    told = answer(itops("user", "add", "Li", "李明", "--role", "engineer", "--json"))
    token = told["link"].rpartition("/welcome/")[2]
    assert find_link(token, at=utcnow())
    (row,) = answer(itops("user", "list", "--json"))
    assert (row["login"], row["roles"], row["state"]) == ("li", ["engineer"], "waiting")
    assert "李明" in itops("user", "list").stdout
    (entry,) = db.session.scalars(select(AuditEntry))
    assert entry.action == "user.created"
    assert entry.actor_name.startswith("itops (")


def test_a_role_is_given_at_a_site_by_its_name(itops, inside):
    factories.site(name="龙泉镇卫生院", name_en="Longquan")
    db.session.commit()
    itops("user", "add", "li", "李明", "--role", "director", "--site", "Longquan")
    (grant,) = db.session.scalars(select(User)).one().grants
    assert grant.site_id is not None
    refused = itops("user", "add", "wu", "吴", "--role", "director", "--site", "nowhere")
    assert refused.exit_code == 1
    assert "“nowhere”" in refused.stderr


def test_a_reset_opens_what_is_shut_and_locked(itops, inside):
    later = utcnow() + timedelta(minutes=5)
    user = factories.user(login="li", is_enabled=False, locked_until_at=later, password_hash="x")
    db.session.commit()
    assert "/welcome/" in itops("user", "reset", "LI").stdout
    db.session.refresh(user)
    assert (user.is_enabled, user.locked_until_at, user.password_hash) == (True, None, "x")


def test_who_lost_phone_and_paper_is_let_in_by_the_password_again(itops, inside):
    user = factories.user(login="li", password_hash="x")
    phone_of(user)
    assert itops("user", "forget-second-factor", "LI").exit_code == 0
    db.session.refresh(user)
    assert not user.has_second_factor
    assert itops("user", "forget-second-factor", "li").exit_code == 1


def test_a_code_is_printed_once_with_what_to_type(itops, inside):
    told = answer(
        itops("agent", "code", "--uses", "3", "--subnet", "10.1.2.3/16", "--approve", "--json")
    )
    server, code = "http://127.0.0.1:8080", told["code"]
    assert told["install"] == {
        "Linux": f"export ITOPS_AGENT_CODE={code}\n"
        f"curl -fsS {server}/agent/install.sh | sudo --preserve-env=ITOPS_AGENT_CODE sh",
        "Windows": f"$env:ITOPS_AGENT_CODE = '{code}'\n"
        f"iex ((New-Object Net.WebClient).DownloadString('{server}/agent/install.ps1'))",
        "itops-agent": f"itops-agent enroll --server {server} --code {code}",
    }
    row = db.session.scalars(select(EnrolmentCode)).one()
    assert row.code_hash == secret_hash(code.replace("-", ""))
    assert (row.uses_left, row.subnets, row.approves) == (3, ["10.1.0.0/16"], True)
    assert "set ITOPS_PUBLIC_URL" in itops("agent", "code").stdout
    public = itops("agent", "code", ITOPS_PUBLIC_URL="https://itops.example").stdout
    assert "--server https://itops.example " in public
    assert "ITOPS_PUBLIC_URL" not in public


@pytest.mark.parametrize("words", [("--subnet", "nonsense"), ("--uses", "0")])
def test_a_code_that_makes_no_sense_is_refused_in_one_line(itops, words):
    result = itops("agent", "code", *words)
    assert result.exit_code == 1
    assert result.stderr.startswith("itops: ")
    assert len(result.stderr.splitlines()) == 1


def test_machines_are_listed_for_programs_and_people(itops, inside):
    heard = utcnow() - timedelta(days=1)
    factories.host(name="收费1", state={"last_seen_at": heard, "stale_at": heard})
    factories.host(name="新机", enrolment=Enrolment.PENDING)
    db.session.commit()
    silent, waiting = answer(itops("hosts", "list", "--json"))
    assert [waiting["name"], waiting["state"], waiting["enrolment"]] == [
        "新机",
        "unknown",
        "pending",
    ]
    assert waiting["last_seen_at"] is None
    assert silent["state"] == "unknown"
    assert silent["last_seen_at"] == heard.strftime("%Y-%m-%dT%H:%M:%SZ")
    assert len(answer(itops("hosts", "list", "--enrolment", "pending", "--json"))) == 1
    assert "收费1" in itops("hosts", "list").stdout
    assert "待批准" in itops("hosts", "list", LANG="zh_CN.UTF-8").stdout


def test_several_machines_are_approved_or_none(itops, inside):
    one, two = (factories.host(enrolment=Enrolment.PENDING) for _ in range(2))
    db.session.commit()
    assert itops("hosts", "approve", one.name, "nowhere").exit_code == 1
    db.session.refresh(one)
    assert one.enrolment is Enrolment.PENDING
    assert itops("hosts", "approve", one.name, two.public_id).exit_code == 0
    found = set(
        db.session.scalars(select(Host.enrolment).execution_options(populate_existing=True))
    )
    assert found == {Enrolment.APPROVED}
    assert itops("hosts", "revoke", one.name).exit_code == 0
    assert itops("hosts", "revoke", one.name).exit_code == 1


def test_a_merge_is_taken_back(itops, inside):
    old, new = factories.host(name="old"), factories.host(name="new")
    db.session.commit()
    assert itops("hosts", "merge", "old", "new").exit_code == 0
    db.session.refresh(old)
    assert old.merged_into_id == new.id
    assert itops("hosts", "split", "old").exit_code == 0
    db.session.refresh(old)
    assert old.merged_into_id is None


def test_a_name_that_several_have_is_refused_with_their_ids(itops, inside):
    twins = [factories.host(name="twin", enrolment=Enrolment.PENDING) for _ in range(2)]
    db.session.commit()
    result = itops("hosts", "approve", "twin")
    assert result.exit_code == 1
    assert all(host.public_id in result.stderr for host in twins)


def test_what_a_machine_calls_itself_does_not_steer_the_terminal(itops, inside):
    host = factories.host(name="\x1b[2Jevil\r\n[bold]x")
    assert db.session.get(HostState, host.id)
    db.session.commit()
    shown = itops("hosts", "list").stdout
    assert "\x1b" not in shown
    assert "\r" not in shown
    assert "[bold]x" in shown


def test_settings_are_told_with_where_they_come_from_and_no_password(itops, folder):
    rows = answer(itops("settings", "--json", ITOPS_PUBLIC_URL="https://itops.example"))
    found = {row["name"]: row for row in rows}
    assert found["ITOPS_PUBLIC_URL"]["from"] == "ITOPS_PUBLIC_URL"
    assert found["ITOPS_PORT"] | {"about": ""} == {
        "name": "ITOPS_PORT",
        "value": "8080",
        "from": None,
        "about": "",
    }
    secret = "postgresql://itops:hunter2@db.example/itops"
    shown = itops("settings", ITOPS_DATABASE_URL=secret).stdout
    assert "hunter2" not in shown
    assert "itops:***@db.example" in shown


@pytest.mark.parametrize(
    ("language", "words"), [("zh_CN.UTF-8", "没有登录名为 li 的账号"), ("C", "no account named li")]
)
def test_a_refusal_is_one_line_in_the_terminals_language(itops, language, words):
    result = itops("user", "reset", "li", LANG=language)
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.strip().startswith("itops: ")
    assert words in result.stderr


def test_without_a_database_the_way_to_make_one_is_said(itops, folder):
    (folder / "itops.db").unlink()
    result = itops("hosts", "list")
    assert result.exit_code == 1
    assert "itops run" in result.stderr


def test_a_wrong_command_line_is_an_error_of_its_own(itops):
    assert itops("user", "add", "li", "李", "--role", "king").exit_code == 2
    assert itops("nothing").exit_code == 2


def test_the_help_tells_the_exit_codes(itops):
    assert "Exit codes: 0 done" in itops("--help").stdout


def test_a_demo_that_the_server_is_loading_is_not_loaded_twice(itops, inside):
    order_demo(by="itops run", at=utcnow())
    db.session.commit()
    with db.engine.begin():  # as the server does while it loads
        refused = itops("demo", "load")
    assert refused.exit_code == 1
    assert "the server is loading the demo hospital" in refused.stderr


@pytest.mark.parametrize("group", [(), ("audit",), ("backup",), ("db",), ("hosts",), ("user",)])
def test_no_command_is_told_in_half_a_sentence(itops, group):
    told = itops(*group, "--help").stdout.partition("Commands:")[2]
    assert told
    assert "..." not in told
