"""Web pages that answer, redirect, trickle, flood, or show the wrong certificate."""

import time

import pytest

from itops.checks.answers import HttpAnswer
from itops.checks.base import Finding, State
from itops.checks.kinds.http import Params, ask
from itops.remote import errors, http
from tests.checks.reading import found
from tests.components import faulty, free_port
from tests.components.web import certificate, context_of, page, pem, web


def fetched(port: int, authority: str = "", **params: object) -> HttpAnswer:
    settings = {"is_tls": False, "port": port, "timeout_seconds": 2.0, **params}
    return http.ask("127.0.0.1", ask(Params(**settings)), authority=authority)  # type: ignore[arg-type]


def judged(answer: HttpAnswer, **params: object) -> Finding:
    return found("http", answer, **params)


def test_a_page_with_the_right_status_and_words_is_well():
    with web(page("<h1>门诊</h1>".encode())) as port:
        answer = fetched(port)
    finding = judged(answer, contains="门诊")
    assert (finding.state, finding.message.key) == (State.OK, "check.http.said")
    assert 0 < finding.metrics["http.response_seconds"] < 1


def test_a_page_in_gbk_is_read_by_what_it_names():
    with web(page("门诊".encode("gbk"), Content_Type="text/html; charset=gb2312")) as port:
        assert judged(fetched(port), contains="门诊").state is State.OK


@pytest.mark.parametrize(
    ("params", "key"), [({"status": "204"}, "status"), ({"contains": "住院"}, "lacks")]
)
def test_another_status_or_missing_words_are_critical(params, key):
    with web(page()) as port:
        finding = judged(fetched(port), **params)
    assert (finding.state, finding.message.key) == (State.CRITICAL, f"check.http.{key}")


def redirecting(target):
    def answer(request):
        if request.path == "/there?a=1":
            page(b"arrived")(request)
        else:
            page(b"", 302, Location=target)(request)

    return answer


def test_a_redirect_on_the_same_host_is_followed():
    with web(redirecting("/there?a=1")) as port:
        assert fetched(port).body == "arrived"
        assert fetched(port, follows=0).status == 302


@pytest.mark.parametrize(
    "target",
    [
        "http://169.254.169.254/latest/",
        "//evil.example/",
        "file:/etc/passwd",
        "http://127.0.0.1:99999/",
        "http://[bad/",
        "/a b",
        "/\x7f",
        "",
    ],
)
def test_a_redirect_elsewhere_is_an_answer_and_nobody_else_is_asked(target):
    with web(redirecting(target)) as port:
        assert fetched(port).status == 302


def test_a_circle_of_redirects_ends():
    with web(redirecting("/again")) as port:
        assert fetched(port, follows=5).status == 302


@pytest.mark.parametrize(
    "behave",
    [
        faulty.silent,
        faulty.trickling(b"HTTP/1.1 200 OK\r\nX: y\r\n"),
        faulty.saying(
            b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n", then=faulty.trickling(b"x")
        ),
        faulty.saying(b"HTTP/1.1 200 OK\r\n\r\n", then=faulty.trickling(b"x")),
    ],
)
@pytest.mark.parametrize("is_tls", [False, True])
def test_a_page_that_does_not_come_in_time_is_cut_off(behave, is_tls):
    began = time.monotonic()
    with faulty.serving(behave) as port:
        answer = fetched(port, is_tls=is_tls, timeout_seconds=0.5)
    assert answer.failure is not None
    if not is_tls:
        assert answer.failure.key == "remote.timed_out"
    assert time.monotonic() - began < 2


def test_an_encrypted_page_that_trickles_is_cut_off_too(tmp_path):
    def answer(request):
        request.wfile.write(b"HTTP/1.1 200 OK\r\n\r\n")
        for _ in range(100):
            request.wfile.write(b"x")
            time.sleep(0.05)

    pair = certificate("his.example")
    began = time.monotonic()
    with web(answer, context_of(pair, tmp_path)) as port:
        got = fetched(port, pem(pair[0]), is_tls=True, host_name="his.example", timeout_seconds=0.5)
    assert got.failure is not None
    assert got.failure.key == "remote.timed_out"
    assert time.monotonic() - began < 2


def test_an_endless_page_is_read_to_our_limit_and_no_further():
    behave = faulty.saying(b"HTTP/1.1 200 OK\r\n\r\n", then=faulty.endless(b"x" * 65536))
    with faulty.serving(behave) as port:
        answer = fetched(port)
    assert (len(answer.body), answer.is_truncated) == (256 * 1024, True)
    assert judged(answer, contains="y").state is State.UNKNOWN
    assert judged(answer, contains="x").state is State.OK


@pytest.mark.parametrize(
    ("behave", "key"),
    [
        (faulty.saying(b"SSH-2.0-OpenSSH_9.2\r\n", then=faulty.resetting), "remote.not_spoken"),
        (faulty.saying(b"HTTP/1.1 abc\r\n\r\n"), "remote.not_spoken"),
        (faulty.endless(b"x" * 65536), "remote.not_spoken"),
        (
            faulty.saying(b"HTTP/1.1 200 OK\r\n", then=faulty.endless(b"a: b\r\n" * 99)),
            "remote.not_spoken",
        ),
        (faulty.resetting, "remote.closed_early"),
    ],
)
def test_what_is_no_web_server_has_its_reason(behave, key):
    with faulty.serving(behave) as port:
        answer = fetched(port)
    assert answer.failure is not None
    assert answer.failure.key in (key, "remote.closed_early")
    assert judged(answer).state is State.CRITICAL


def test_a_closed_port_is_critical_and_an_unknown_name_unknown():
    answer = fetched(free_port())
    assert answer.failure is not None
    assert answer.failure.key == "remote.port_closed"
    with pytest.raises(errors.NameUnknown):
        http.ask("no-such-page.invalid", ask(Params()))


def test_the_hospitals_own_authority_is_trusted_and_no_other(tmp_path):
    authority = certificate("Hospital CA", is_authority=True)
    server = certificate("his.example", authority)
    with web(page(), context_of(server, tmp_path)) as port:
        trusted = fetched(port, pem(authority[0]), is_tls=True, host_name="his.example")
        named = fetched(port, pem(authority[0]), is_tls=True, host_name="lis.example")
        unknown = fetched(port, is_tls=True, host_name="his.example")
    assert (trusted.status, trusted.failure) == (200, None)
    assert named.failure is not None
    assert named.failure.key == "remote.tls.other_name"
    assert unknown.failure is not None
    assert unknown.failure.key == "remote.tls.unknown_authority"
