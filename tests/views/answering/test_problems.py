"""What a person reads when something can't be done: what happened, what was kept, what to do."""

import shutil
from html.parser import HTMLParser

import pytest

from itops import create_app
from itops.auth import sessions
from itops.config import Settings
from itops.errors import Conflict, Invalid, Refused
from itops.i18n import catalogue
from itops.models import Role
from tests import factories
from tests.conftest import Client

CODES = [400, 403, 404, 409, 413, 429, 500, 503]
PARTS = ["title", "what", "kept", "do"]


class Text(HTMLParser):
    """The words of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.words: list[str] = []
        self.feed(page)

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def words_of(page: str) -> str:
    return " ".join(" ".join(Text(page).words).split())


@pytest.mark.parametrize("language", ["en", "zh_Hans"])
@pytest.mark.parametrize("code", CODES)
def test_a_page_of_an_error_says_what_happened_what_was_kept_and_what_to_do(app, code, language):
    with app.test_request_context(headers={"Accept-Language": language.replace("_", "-")}):
        page = app.jinja_env.get_template(f"errors/{code}.html").render(
            sentence="", request_number="f00d", retry_seconds=None
        )
    told = words_of(page)
    for part in PARTS:
        assert catalogue(language).sentence(f"error.{code}.{part}", None) in told
    assert "f00d" in told


def test_a_page_says_when_to_try_again(app):
    with app.test_request_context(headers={"Accept-Language": "en"}):
        page = app.jinja_env.get_template("errors/429.html").render(
            sentence="", request_number="", retry_seconds=90
        )
    assert "Try again in 1 minute." in words_of(page)


@pytest.fixture
def failing(migrated, tmp_path):
    """An app with pages that fail, each in its way."""
    shutil.copy(migrated / "itops.db", tmp_path)
    app = create_app(Settings(data_dir=tmp_path))
    app.test_client_class = Client
    errors = {
        "bug": ZeroDivisionError("<b>secret</b>"),
        "refused": Refused("problem.409.title"),
        "conflict": Conflict("config.unknown", name="<i>x</i>"),
        "invalid": Invalid("config.unknown", field="name", name="x"),
    }

    def fail(name):
        raise errors[name]

    app.add_url_rule("/fail/<name>", view_func=fail)
    with app.app_context():
        yield app


@pytest.mark.parametrize(
    ("name", "code"), [("bug", 500), ("refused", 409), ("conflict", 409), ("invalid", 400)]
)
def test_each_kind_of_error_has_its_page(failing, name, code):
    answer = failing.test_client().get(f"/fail/{name}")
    assert answer.status_code == code
    assert catalogue("en").sentence(f"error.{code}.title", None) in words_of(answer.text)
    assert answer.headers["X-Request-ID"] in answer.text


def test_what_an_error_says_of_itself_is_shown_escaped(failing):
    page = failing.test_client().get("/fail/conflict").text
    assert "There is no setting named &lt;i&gt;x&lt;/i&gt;" in page


def test_what_a_bug_says_is_shown_to_nobody(failing):
    assert "secret" not in failing.test_client().get("/fail/bug").text


def test_a_wrong_method_reads_as_a_request_that_cannot_be_worked_on(client):
    answer = client.get("/look")
    assert answer.status_code == 405
    assert "POST" in answer.headers["Allow"]
    assert catalogue("en").sentence("error.400.title", None) in words_of(answer.text)


def test_without_a_database_a_person_still_reads_a_page(tmp_path):
    app = create_app(Settings(data_dir=tmp_path, language="en"))
    client = app.test_client()
    with client.session_transaction() as cookie:
        cookie[sessions.TOKEN] = "of another day"
    answer = client.get("/")
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "10"
    assert catalogue("en").sentence("error.503.what", None) in words_of(answer.text)


@pytest.mark.parametrize(
    ("address", "page"),
    [
        ("/tickets/7/move", "/tickets/7"),
        ("/maintenance/orders/3/items/5/done", "/maintenance/orders/3/items/5"),
        ("/q/ABC/me-too", "/q/ABC"),
        ("/account/sessions/end-all", "/account"),
    ],
)
def test_who_only_looks_at_where_a_form_goes_comes_to_the_page_with_the_form(client, address, page):
    assert client.get(address).location == page
    json = client.get(address, headers={"Accept": "application/json"})
    assert json.status_code == 405


def test_a_language_chosen_on_a_refused_form_leads_back_to_the_form(client):
    site = factories.site()
    refused = client.post(f"/report/{site.id}", data={})
    assert f'name="from" value="/report/{site.id}"' in refused.text


def test_who_is_signed_in_can_search_from_where_there_is_nothing(client, sign_in):
    assert 'action="/search"' in sign_in(Role.ENGINEER).get("/nothing").text
    assert 'action="/search"' not in client.get("/nothing").text
