"""The log: one line an event, no secrets, and none that input forges."""

import json
import logging
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from itops import logs
from itops.log_lines import PatientHandler

log = logging.getLogger("itops.test")


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    yield
    root.handlers = handlers
    root.setLevel(level)


def written(capsys: pytest.CaptureFixture[str]) -> str:
    """Return what the log wrote, once all of it is written."""
    for handler in logging.getLogger().handlers:
        if isinstance(handler, PatientHandler):
            assert handler.wait_until_read(10)
    return capsys.readouterr().err


def test_a_line_tells_when_what_and_with_what(capsys):
    logs.set_up(level="info", as_json=False)
    log.info("request", extra={"route": "/users/<int:user_id>", "status": 200})
    line = written(capsys)
    assert line.endswith("Z info itops.test request route=/users/<int:user_id> status=200\n")


def test_json_is_one_object_a_line(capsys):
    logs.set_up(level="info", as_json=True)
    log.warning("慢 %s", "查询", extra={"milliseconds": 12.5})
    told = json.loads(written(capsys))
    assert (told["event"], told["level"], told["milliseconds"]) == ("慢 查询", "warning", 12.5)


@pytest.mark.parametrize("as_json", [False, True])
@pytest.mark.parametrize("name", ["a\nZ error itops forged", "a\r\x1b[2J", "a\u2028b", "a\x00b"])
def test_no_input_makes_a_second_line_or_steers_a_terminal(capsys, as_json, name):
    logs.set_up(level="info", as_json=as_json)
    log.info("host %s", name, extra={"host": name})
    lines = written(capsys)
    assert lines.count("\n") == 1
    assert not {"\r", "\x1b", "\x00"} & set(lines)


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
        "itops_Zx81KJ8mWv0pQ2sT4uY6aB8cD0eF2gH4iJ6kL8mN0oP",
        "recovery code ZX81-2X9P-RT4D-0K7Q",
        "otpauth://totp/itops%3Ali?secret=Zx81GEZDGNBVGY3T&issuer=itops",
    ],
)
def test_what_looks_like_a_secret_is_blotted_out(capsys, secret):
    logs.set_up(level="info", as_json=False)
    log.info("%s", secret, extra={"detail": secret})
    lines = written(capsys)
    for word in ("Zx81", "ZX81", "hunter2", "eyJ", "FQXT"):
        assert word not in lines
    assert "***" in lines


def test_a_field_with_a_secret_name_has_no_value(capsys):
    logs.set_up(level="info", as_json=True)
    log.info("x", extra={"password": "a", "api_token": "b", "host_key": "c", "keys": 3})
    told = json.loads(written(capsys))
    assert (told["password"], told["api_token"], told["host_key"], told["keys"]) == ("***",) * 3 + (
        3,
    )


def test_a_traceback_is_told_and_forges_no_line(capsys):
    logs.set_up(level="info", as_json=False)
    try:
        int("bad\n2026-01-01T00:00:00Z error itops forged")
    except ValueError:
        log.exception("bug")
    lines = written(capsys).splitlines()
    assert "error itops.test bug" in lines[0]
    assert len(lines) > 3
    assert all(line.startswith("    | ") for line in lines[1:])


def test_less_important_lines_are_left_out(capsys):
    logs.set_up(level="warning", as_json=False)
    log.info("nothing")
    assert written(capsys) == ""


def test_a_request_is_written_with_its_route_and_never_its_address(client, capsys):
    logs.set_up(level="info", as_json=True)
    client.get("/welcome/secret-token?next=hunter2")
    lines = written(capsys)
    told = json.loads(lines.splitlines()[-1])
    assert (told["route"], told["status"]) == ("/welcome/<token>", 410)
    assert told["request_id"]
    assert "secret-token" not in lines
    assert "hunter2" not in lines


def test_a_reader_that_stops_stops_nobody_and_learns_later_what_it_missed():
    reading, writing = os.pipe()
    stream = os.fdopen(writing, "w")
    handler = PatientHandler(stream, most_waiting=10)
    handler.setFormatter(logging.Formatter("%(message)s"))
    larger_than_a_pipe = "x" * 200_000
    for number in range(100):
        handler.handle(logging.makeLogRecord({"msg": f"{number} {larger_than_a_pipe}"}))
    assert not handler.wait_until_read(0.1)

    with os.fdopen(reading) as pipe, ThreadPoolExecutor() as pool:
        told = pool.submit(lambda: [line[:30] for line in pipe])
        assert handler.wait_until_read(10)
        stream.close()
    kept = [int(line.split()[0]) for line in told.result() if line[0].isdigit()]
    assert kept == sorted(set(kept))
    # Twice where the first line went out late: some had been lost by then, and others after it.
    assert sum(line.startswith("lines lost") for line in told.result()) in {1, 2}
    assert len(kept) < 100
