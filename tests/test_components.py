"""The real components that other tests stand on."""

import psycopg
import pytest


def test_rounds_are_a_tenth_unless_everything_is_asked_for(full, request):
    assert full(10_000) == (10_000 if request.config.getoption("--full") else 1_000)
    assert full(3) >= 1


@pytest.mark.both_databases
def test_a_marked_test_gets_each_database_in_turn(database_kind, database_url):
    assert database_url.startswith(f"{database_kind}://")


@pytest.mark.postgresql
def test_postgresql_is_real_and_empty(postgresql_url):
    with psycopg.connect(postgresql_url) as connection:
        tables = "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"
        assert connection.execute(tables).fetchone() == (0,)
        assert connection.info.server_version >= 150_000


@pytest.mark.browser
def test_chromium_opens_a_page_and_reads_it(browsing):
    page = browsing.new_page()
    page.goto("data:text/html;charset=utf-8,<title>设备</title>")
    assert page.title() == "设备"
