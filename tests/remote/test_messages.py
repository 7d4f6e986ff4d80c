"""Senders, against real servers that answer as the services do when they refuse."""

import base64
import hashlib
import hmac
import json
import socket
import threading
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from itops.errors import Invalid
from itops.remote import chat, mail, webhook
from itops.remote.mail import Letter, MailServer, Security
from itops.remote.posting import address_of, post
from itops.remote.sending import NotSent, PerhapsSent, Rules, connect, ended_in_time, may_go_to
from itops.services import certificates
from tests.components import answering
from tests.components.server import free_port

AT = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
HERE = Rules(to_own_machine=True)
TEXT = "检验科 LIS 不能用"


@pytest.fixture
def web():
    with answering.web() as server:
        yield server


@pytest.fixture
def certificate(tmp_path):
    """A certificate for this machine, and the authority that signed it."""
    return certificates.ensure(tmp_path, ["localhost", "127.0.0.1"], at=datetime.now(UTC))


@pytest.mark.parametrize("kind", list(chat.SENDERS))
def test_a_robot_that_takes_the_message_is_believed(web, kind):
    web.body = b'{"code":0,"msg":"success"}' if kind == "feishu" else answering.GOOD
    robot = chat.Robot(f"{web.url}/robot/send?access_token=abc")
    assert chat.SENDERS[kind](robot, TEXT, AT, HERE) in {"ok", "success"}
    [posted] = web.posted
    assert TEXT in json.dumps(posted.json, ensure_ascii=False)
    assert posted.path.startswith("/robot/send?access_token=abc")


@pytest.mark.parametrize(
    "body",
    [
        b'{"errcode":93000,"errmsg":"invalid webhook url"}',
        b'{"errcode":45009,"errmsg":"api freq out of limit"}',
        b'{"errcode":310000,"errmsg":"sign not match"}',
        b'{"code":19021,"msg":"sign match fail or timestamp is not within one hour"}',
        b'{"StatusCode":9499,"StatusMessage":"Bad Request"}',
        b'{"errcode":"0"}',
        b"<html>502 Bad Gateway</html>",
        b"[]",
        b"",
        b'{"ok":true}',
        b"[" * 50_000,
    ],
)
@pytest.mark.parametrize("kind", list(chat.SENDERS))
def test_a_robot_that_refuses_with_status_200_is_not_believed(web, kind, body):
    web.body = body
    with pytest.raises(NotSent):
        chat.SENDERS[kind](chat.Robot(f"{web.url}/x"), TEXT, AT, HERE)


def test_dingtalk_is_signed_in_the_address(web):
    chat.dingtalk(chat.Robot(f"{web.url}/robot/send?access_token=a", "SECabc"), TEXT, AT, HERE)
    query = parse_qs(urlsplit(web.posted[0].path).query)
    stamp = str(int(AT.timestamp() * 1000))
    made = hmac.new(b"SECabc", f"{stamp}\nSECabc".encode(), hashlib.sha256).digest()
    assert query["timestamp"] == [stamp]
    assert query["sign"] == [base64.b64encode(made).decode()]


def test_feishu_is_signed_in_the_body(web):
    web.body = b'{"code":0}'
    chat.feishu(chat.Robot(f"{web.url}/hook/a", "abc"), TEXT, AT, HERE)
    stamp = str(int(AT.timestamp()))
    made = hmac.new(f"{stamp}\nabc".encode(), b"", hashlib.sha256).digest()
    assert web.posted[0].json["timestamp"] == stamp
    assert web.posted[0].json["sign"] == base64.b64encode(made).decode()


def test_a_long_text_is_cut_at_a_whole_character(web):
    chat.wecom(chat.Robot(f"{web.url}/x"), "检" * 3_000, AT, HERE)
    content = web.posted[0].json["text"]["content"]
    assert len(content.encode()) <= 2_000
    assert set(content) == {"检", "…"}


def test_a_webhook_is_signed_and_carries_its_delivery(web):
    web.status, web.body = 204, b""
    webhook.send(webhook.Hook(f"{web.url}/in", "key"), {"a": "检"}, "d-7", at=AT, rules=HERE)
    [posted] = web.posted
    assert posted.headers["X-Itops-Delivery"] == "d-7"
    assert posted.headers["X-Itops-Signature"] == webhook.signature("key", posted.body, at=AT)
    assert posted.json == {"a": "检"}


@pytest.mark.parametrize("status", [301, 302, 400, 401, 404, 429, 500, 503])
def test_a_webhook_that_is_not_taken_is_not_sent_and_no_redirect_is_followed(web, status):
    web.status, web.headers = status, {"Location": f"{web.url}/elsewhere"}
    with pytest.raises(NotSent):
        webhook.send(webhook.Hook(f"{web.url}/in"), {}, "1", at=AT, rules=HERE)
    assert [posted.path for posted in web.posted] == ["/in"]


def test_no_answer_to_what_was_handed_over_is_perhaps(web):
    web.is_mute = True
    with pytest.raises(PerhapsSent):
        webhook.send(webhook.Hook(web.url), {}, "1", at=AT, rules=HERE)


def test_nobody_at_the_door_is_not_sent():
    with pytest.raises(NotSent) as refusal:
        post(f"http://127.0.0.1:{free_port()}/", b"{}", HERE)
    assert refusal.value.message.key == "sending.no_connection"


def test_a_server_that_never_ends_its_answer_is_left_in_time():
    ours, theirs = socket.socketpair()
    with ours, theirs, ended_in_time(lambda: ours, 0.05):
        assert ours.recv(1) == b""


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:1/",
        "http://localhost:1/",
        "http://[::1]:1/",
        "http://[::ffff:127.0.0.1]:1/",
        "http://0.0.0.0:1/",
        "http://169.254.169.254/latest/meta-data",
        "http://[fe80::1]/",
        "http://224.0.0.1/",
        "http://2130706433:1/",
    ],
)
def test_messages_do_not_go_to_this_machine_or_to_its_neighbourhood(url):
    with pytest.raises(NotSent) as refusal:
        post(url, b"{}", Rules())
    assert refusal.value.message.key == "sending.own_machine"


@pytest.mark.parametrize("address", ["10.0.0.5", "192.168.3.4", "2001:db8::1", "8.8.8.8"])
def test_messages_go_to_the_hospitals_servers_and_beyond(address):
    assert may_go_to(address, Rules())


def test_a_name_that_does_not_exist_is_said():
    with pytest.raises(NotSent) as refusal:
        connect("no-such-server.invalid", 25, HERE)
    assert refusal.value.message.key == "sending.no_such_name"


@pytest.mark.parametrize(
    "text",
    [
        *("", "ftp://a/b", "https://", "https://me:you@host/", "https://host:99999/", "//host/x"),
        *(
            "https://host/a b",
            "https://host/\nX: y",
            "http://[::1",
            "https://主机/",
            "javascript:x",
        ),
    ],
)
def test_what_is_no_address_is_refused(text):
    with pytest.raises(Invalid):
        address_of(text)


def test_https_believes_only_the_authority_that_it_was_given(certificate):
    tls = (certificate.certificate, certificate.key)
    with answering.web(tls) as server:
        with pytest.raises(NotSent) as refusal:
            post(server.url, b"{}", HERE)
        assert refusal.value.message.key == "sending.no_tls"
        trusting = Rules(to_own_machine=True, authority=certificate.authority)
        assert post(server.url, b"{}", trusting).is_good


def letter(**given: Any) -> Letter:
    filled: dict[str, Any] = {
        "to": "li@hospital.example",
        "subject": "严重: LIS",
        "text": TEXT,
        "id": "delivery-1",
    }
    return Letter(**filled | {"at": AT} | given)


def server(port: int, **given: Any) -> MailServer:
    filled: dict[str, Any] = {"host": "localhost", "port": port, "security": Security.NONE}
    return MailServer(**filled | {"sender": "itops@hospital.example"} | given)


def test_a_letter_arrives_whole():
    with answering.post() as sink:
        dots = ".\n..\n. 行首的点\nend"
        mail.send(letter(text=dots, follows="delivery-0"), server(sink.port), HERE)
    [envelope] = sink.letters
    assert (envelope.mail_from, envelope.rcpt_tos) == (
        "itops@hospital.example",
        ["li@hospital.example"],
    )
    read = sink.opened()
    assert read["Subject"] == "严重: LIS"
    assert read["Message-ID"] == "<delivery-1@hospital.example>"
    assert read["In-Reply-To"] == "<delivery-0@hospital.example>"
    assert read["Auto-Submitted"] == "auto-generated"
    assert read.get_content().splitlines() == dots.splitlines()


def test_a_subject_can_not_bring_headers_of_its_own():
    with answering.post() as sink:
        mail.send(letter(subject="a\r\nBcc: evil@x.example\r\n\r\nbody"), server(sink.port), HERE)
    read = sink.opened()
    assert read["Bcc"] is None
    assert read["Subject"] == "a Bcc: evil@x.example body"


@pytest.mark.parametrize(
    "text", ["", "nobody", "a@b\r\nRCPT TO:<c@d>", "<a@b>", "a@b, c@d", "李@医院.cn", "a@-"]
)
def test_what_is_no_mailbox_is_refused(text):
    if text == "a@-":  # a name of a domain is the mail server's business
        assert mail.mailbox(text) == text
        return
    with pytest.raises(Invalid):
        mail.mailbox(text)


def test_a_refused_recipient_is_not_sent_and_says_why():
    with answering.post() as sink:
        sink.refused["li@hospital.example"] = "550 no such person"
        with pytest.raises(NotSent) as refusal:
            mail.send(letter(), server(sink.port), HERE)
    assert refusal.value.message.params["why"] == "550 no such person"


def test_a_refused_text_is_not_sent():
    with answering.post() as sink:
        sink.last_word = "452 disk full"
        with pytest.raises(NotSent):
            mail.send(letter(), server(sink.port), HERE)


def test_a_mail_server_that_hangs_up_after_the_text_leaves_it_open():
    with answering.post() as sink:
        sink.last_word = None
        with pytest.raises(PerhapsSent):
            mail.send(letter(), server(sink.port), HERE)


def test_mail_over_starttls_with_sign_in(certificate):
    trusting = Rules(to_own_machine=True, authority=certificate.authority)
    with answering.post((certificate.certificate, certificate.key), wants_sign_in=True) as sink:
        known = server(sink.port, security=Security.STARTTLS, login="itops", password="secret")
        mail.send(letter(), known, trusting)
        wrong = server(sink.port, security=Security.STARTTLS, login="itops", password="guess")
        with pytest.raises(NotSent):
            mail.send(letter(), wrong, trusting)
        with pytest.raises(NotSent):
            mail.send(letter(), known, HERE)
    assert len(sink.letters) == 1


def test_no_password_goes_out_in_the_clear_when_tls_is_wanted():
    """Somebody between us and the server may strike STARTTLS from what it offers."""
    with answering.post() as sink:
        wanted = server(sink.port, security=Security.STARTTLS, login="itops", password="secret")
        with pytest.raises(NotSent):
            mail.send(letter(), wanted, HERE)
    assert sink.letters == []


def test_a_mail_server_that_hangs_up_at_once_is_not_sent():
    with socket.create_server(("127.0.0.1", 0)) as quiet:
        port = quiet.getsockname()[1]

        def close_soon() -> None:
            connection, _ = quiet.accept()
            connection.close()

        thread = threading.Thread(target=close_soon)
        thread.start()
        with pytest.raises(NotSent):
            mail.send(letter(), server(port, host="127.0.0.1"), HERE)
        thread.join()
