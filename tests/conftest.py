"""What every test can ask for."""

import pytest


def pytest_addoption(parser):
    parser.addoption(
        "--full",
        action="store_true",
        help="run the fault and fuzz tests with their full number of rounds",
    )


@pytest.fixture(scope="session")
def full(request):
    """Given the full number of rounds, return how many to do now: a tenth, or all with --full."""
    everything = request.config.getoption("--full")

    def rounds(number: int) -> int:
        return number if everything else max(1, number // 10)

    return rounds
