"""What goes out beside every page: headers and cookies that keep it to itself."""

import base64
import re
from typing import Any

import pytest
from flask import Flask, request

from itops import create_app
from itops.config import Settings
from itops.models import Role
from tests.conftest import Client
from tests.test_house import ROOT

PAGES = ["/sign-in", "/healthz", "/metrics", "/nothing", "/api/v1/hosts", "/api/v1/openapi.json"]


@pytest.fixture
def https(migrated):
    """A browser of an installation that is called by https."""
    app = create_app(Settings(data_dir=migrated, public_url="https://itops.hospital.example"))
    app.test_client_class = Client
    with app.app_context():
        yield app.test_client()


def over_https(client: Client, path: str, **given: Any) -> Any:
    return client.open(path, base_url="https://itops.hospital.example", **given)


def directives(policy: str) -> dict[str, str]:
    return dict(part.strip().split(" ", 1) for part in policy.split(";"))


@pytest.mark.parametrize("path", PAGES)
def test_every_answer_says_what_a_browser_may_do_with_it(client, path):
    headers = client.get(path).headers
    policy = directives(headers["Content-Security-Policy"])
    assert policy["default-src"] == policy["base-uri"] == policy["frame-ancestors"] == "'none'"
    assert policy.get("script-src", "'self'") == policy.get("style-src", "'self'") == "'self'"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cache-Control"] == "no-store"
    assert not [name for name, _ in headers if name.startswith("Access-Control")]


def test_a_machines_answer_is_no_page_either(client):
    headers = client.post("/api/v1/reports", data=b"{}").headers
    assert directives(headers["Content-Security-Policy"])["frame-ancestors"] == "'none'"
    assert (headers["X-Content-Type-Options"], headers["Cache-Control"]) == ("nosniff", "no-store")


@pytest.mark.parametrize("path", [*PAGES, "/static/0123456789abcdef/itops.css"])
def test_over_https_a_browser_is_told_to_stay_there_for_a_year(https, path):
    said = over_https(https, path).headers["Strict-Transport-Security"]
    assert int(re.findall(r"max-age=(\d+)", said)[0]) >= 365 * 24 * 3600
    assert "includeSubDomains" in said


def test_every_cookie_over_https_belongs_to_this_host_alone(https):
    answers = [
        over_https(https, "/account"),
        *(
            over_https(https, "/look", method="POST", data={name: choice})
            for name, choice in (("theme", "dark"), ("language", "en"), ("keys", "off"))
        ),
    ]
    cookies = [cookie for answer in answers for cookie in answer.headers.getlist("Set-Cookie")]
    assert len(cookies) >= 4
    for cookie in cookies:
        assert cookie.startswith("__Host-")
        assert {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"} <= set(cookie.split("; "))
        assert "Domain" not in cookie


def test_a_choice_that_was_kept_over_https_is_read_over_https(https):
    over_https(https, "/look", method="POST", data={"theme": "dark"})
    assert 'data-theme="dark"' in over_https(https, "/preferences").text


def test_a_session_is_signed_with_sha_256_and_a_changed_one_is_nobodys(sign_in):
    client = sign_in(Role.ENGINEER)
    payload, moment, mark = client.get_cookie("itops").value.split(".")
    assert len(base64.urlsafe_b64decode(mark + "=")) == 32
    assert client.get("/account").status_code == 200
    client.set_cookie("itops", f"{payload}.{moment}.{mark[:-4]}AAAA")
    assert client.get("/account").location == "/sign-in"


def test_signing_out_clears_what_the_browser_keeps(sign_in):
    client = sign_in(Role.ENGINEER)
    assert client.post("/sign-out").headers["Clear-Site-Data"] == '"cache", "storage"'


def test_our_own_scripts_store_nothing_in_the_browser_and_listen_to_no_other_window():
    scripts = [path.read_text("utf-8") for path in ROOT.glob("itops/static/js/**/*.js")]
    assert scripts
    for script in scripts:
        assert not re.search(
            r"localStorage|sessionStorage|indexedDB|document\.cookie|postMessage|\"message\""
            r"|innerHTML|outerHTML|insertAdjacentHTML|document\.write|WebSocket|\"paste\"",
            script,
        )


def test_every_field_for_a_secret_is_masked_and_may_be_filled_by_a_password_manager():
    fields = [
        field
        for path in ROOT.glob("templates/**/*.html")
        for field in re.findall(
            r'f\.field\(form, "(?:present|proof|password|again|secret)"[^}]*',
            path.read_text("utf-8"),
        )
    ]
    assert len(fields) >= 8
    for field in fields:
        assert 'kind="password"' in field
        assert re.search(r'autocomplete="(current|new)-password"', field)


@pytest.mark.parametrize("method", ["TRACE", "TRACK", "CONNECT", "PROPFIND"])
def test_a_method_that_nobody_needs_is_refused_and_echoes_nothing(sign_in, method):
    answer = sign_in(Role.ENGINEER).open("/account", method=method, headers={"X-Echo": "canary"})
    assert answer.status_code in {400, 403, 405, 501}
    assert "canary" not in answer.text


def test_what_a_proxy_would_say_is_not_believed_without_one(client):
    seen = []
    app: Flask = client.application
    app.before_request_funcs.setdefault(None, []).append(
        lambda: seen.append((request.remote_addr, request.is_secure))
    )
    try:
        client.get("/healthz", headers={"X-Forwarded-For": "6.6.6.6", "X-Forwarded-Proto": "https"})
    finally:
        app.before_request_funcs[None].pop()
    assert seen == [("127.0.0.1", False)]


@pytest.mark.parametrize("path", ["/.git/config", "/.svn/entries", "/static/", "/itops/app.py"])
def test_no_folder_is_listed_and_no_source_is_served(client, path):
    assert client.get(path).status_code == 404


def test_every_text_names_its_encoding(client):
    for path in PAGES:
        kind = client.get(path).headers["Content-Type"]
        assert "charset=utf-8" in kind or "json" in kind


def test_the_servers_figures_are_for_named_addresses(client):
    stranger = client.get("/metrics", environ_base={"REMOTE_ADDR": "10.9.9.9"})
    assert stranger.status_code in {401, 403, 404}
    assert "itops_" not in stranger.text
