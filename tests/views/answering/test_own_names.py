"""A name that somebody else points to this server opens nothing of it."""

import pytest

from itops import create_app
from itops.config import Settings
from itops.models import Role
from tests.conftest import Client


@pytest.mark.parametrize("name", ["localhost", "127.0.0.1:8080", "[::1]:8080", "10.20.30.40"])
def test_our_names_and_addresses_in_digits_are_served(client, name):
    assert client.get("/sign-in", headers={"Host": name}).status_code == 200


@pytest.mark.parametrize(
    "name", ["evil.example", "localhost.evil.example", "127.0.0.1.evil.example"]
)
def test_a_foreign_name_is_told_where_to_go_instead(sign_in, name):
    page = sign_in(Role.HEAD).get("/hosts", headers={"Host": name})
    assert page.status_code == 421
    assert 'href="http://127.0.0.1:8080/"' in page.text
    assert "ITOPS_TRUSTED_HOSTS" in page.text


def test_a_program_gets_a_problem_document(client):
    answer = client.get("/api/v1/calendar", headers={"Host": "evil.example"})
    assert answer.status_code == 421
    assert answer.json["type"] == "urn:itops:problem.421.title"


def test_further_names_are_taken_from_the_settings(migrated):
    app = create_app(Settings(data_dir=migrated, trusted_hosts=("itops.lan",)))
    app.test_client_class = Client
    with app.app_context():
        assert app.test_client().get("/sign-in", headers={"Host": "itops.lan"}).status_code == 200


def test_a_host_that_is_no_name_is_refused(client):
    assert client.get("/sign-in", headers={"Host": "a b/<x>"}).status_code in {400, 421}
