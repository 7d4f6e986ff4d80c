"""How the tests are run: how many rounds, on which databases, and what a skip means."""

import os
from collections.abc import Callable, Generator, Iterator
from pathlib import Path

import pytest

from tests import components
from tests.components import postgresql

#: Where this stands, each Python that is started counts its lines.
COUNTING = "COVERAGE_PROCESS_CONFIG"
DATABASES = ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--full",
        action="store_true",
        help="run the fault and fuzz tests with their full number of rounds",
    )


@pytest.fixture
def uncounted(no_cover: None) -> Iterator[None]:
    """Count no lines, neither here nor in what the test starts, most of which it also kills.

    Counting costs half as much again; what is done over and over reaches no line that is new.
    """
    counting = os.environ.pop(COUNTING, None)
    yield
    if counting is not None:
        os.environ[COUNTING] = counting


@pytest.fixture
def full(request: pytest.FixtureRequest, uncounted: None) -> Callable[[int], int]:
    """Give a function from the full number of rounds to that of this run: a tenth, or all."""
    everything = request.config.getoption("--full")
    return lambda rounds: rounds if everything else max(1, rounds // 10)


@pytest.fixture
def is_full(request: pytest.FixtureRequest, uncounted: None) -> bool:
    """Whether this run leaves nothing out."""
    return bool(request.config.getoption("--full"))


def is_worker(config: pytest.Config) -> bool:
    return hasattr(config, "workerinput")


def pytest_configure(config: pytest.Config) -> None:
    if not is_worker(config):
        components.make_folder()


def pytest_unconfigure(config: pytest.Config) -> None:
    if not is_worker(config) and components.VARIABLE in os.environ:
        postgresql.stop()
        components.remove_folder()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test marked `both_databases` on each of them; any other on SQLite."""
    if "database_kind" in metafunc.fixturenames:
        both = metafunc.definition.get_closest_marker("both_databases")
        metafunc.parametrize("database_kind", DATABASES if both else ["sqlite"], scope="function")


@pytest.fixture
def database_url(database_kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Give the address of an empty database, in the form that ITOPS_DATABASE_URL takes."""
    if database_kind == "sqlite":
        return f"sqlite:///{tmp_path / 'itops.sqlite'}"
    address: str = request.getfixturevalue("postgresql_url")
    return address


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Where CI is set, a test that was left out has failed."""
    report = yield
    if report.skipped and "CI" in os.environ and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"left out, which CI may not: {report.longrepr}"
    return report
