"""The log: one line an event, no secrets, and none that input forges."""

import json
import logging
from collections.abc import Iterator

import pytest

from itops import logs

log = logging.getLogger("itops.test")


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    yield
    root.handlers = handlers
    root.setLevel(level)


def test_a_line_tells_when_what_and_with_what(capsys):
    logs.set_up(level="info", as_json=False)
    log.info("request", extra={"route": "/users/<int:user_id>", "status": 200})
    line = capsys.readouterr().err
    assert line.endswith("Z info itops.test request route=/users/<int:user_id> status=200\n")


def test_json_is_one_object_a_line(capsys):
    logs.set_up(level="info", as_json=True)
    log.warning("慢 %s", "查询", extra={"milliseconds": 12.5})
    told = json.loads(capsys.readouterr().err)
    assert (told["event"], told["level"], told["milliseconds"]) == ("慢 查询", "warning", 12.5)


@pytest.mark.parametrize("as_json", [False, True])
@pytest.mark.parametrize("name", ["a\nZ error itops forged", "a\r\x1b[2J", "a\u2028b", "a\x00b"])
def test_no_input_makes_a_second_line_or_steers_a_terminal(capsys, as_json, name):
    logs.set_up(level="info", as_json=as_json)
    log.info("host %s", name, extra={"host": name})
    written = capsys.readouterr().err
    assert written.count("\n") == 1
    assert not {"\r", "\x1b", "\x00"} & set(written)


@pytest.mark.parametrize(
    "secret",
    [
        "/welcome/Zx81-abc_def",
        "GET /calendar/Zx81-abc_def.ics",
        "https://itops.example/api/v1/heartbeats/Zx81-abc_def/start",
        "/f/ZX81-2X9P-RT4D and /q/ZX812X9PRT",
        "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=Zx81-abc",
        "https://oapi.dingtalk.com/robot/send?access_token=Zx81&sign=Zx81%3D",
        "https://open.feishu.cn/open-apis/bot/v2/hook/Zx81-abc",
        "postgresql://itops:hunter2@db/itops",
        "Authorization: Bearer eyJabc.def",
        "code M5VN-FQXT-XGLO-2Y6F-ZLLQ-TLQF-LHJJ-EL7X",
    ],
)
def test_what_looks_like_a_secret_is_blotted_out(capsys, secret):
    logs.set_up(level="info", as_json=False)
    log.info("%s", secret, extra={"detail": secret})
    written = capsys.readouterr().err
    for word in ("Zx81", "ZX81", "hunter2", "eyJ", "FQXT"):
        assert word not in written
    assert "***" in written


def test_a_field_with_a_secret_name_has_no_value(capsys):
    logs.set_up(level="info", as_json=True)
    log.info("x", extra={"password": "a", "api_token": "b", "host_key": "c", "keys": 3})
    told = json.loads(capsys.readouterr().err)
    assert (told["password"], told["api_token"], told["host_key"], told["keys"]) == ("***",) * 3 + (
        3,
    )


def test_a_traceback_is_told_and_forges_no_line(capsys):
    logs.set_up(level="info", as_json=False)
    try:
        int("bad\n2026-01-01T00:00:00Z error itops forged")
    except ValueError:
        log.exception("bug")
    lines = capsys.readouterr().err.splitlines()
    assert "error itops.test bug" in lines[0]
    assert len(lines) > 3
    assert all(line.startswith("    | ") for line in lines[1:])


def test_less_important_lines_are_left_out(capsys):
    logs.set_up(level="warning", as_json=False)
    log.info("nothing")
    assert capsys.readouterr().err == ""


def test_a_request_is_written_with_its_route_and_never_its_address(client, capsys):
    logs.set_up(level="info", as_json=True)
    client.get("/welcome/secret-token?next=hunter2")
    written = capsys.readouterr().err
    told = json.loads(written.splitlines()[-1])
    assert (told["route"], told["status"]) == ("/welcome/<token>", 410)
    assert told["request_id"]
    assert "secret-token" not in written
    assert "hunter2" not in written
