"""How long the pages take at 100,000 assets and 5,000 hosts: from the call to the last byte."""

from collections.abc import Iterator
from statistics import median
from time import perf_counter, thread_time

from flask.testing import FlaskClient

from itops.cli.worker_process import settle
from tests.bench import pages
from tests.bench.groups import Run
from tests.bench.report import Figure, at_most, compared

TIMES = 60
WARM_UP = 5
#: The slowest of a hundred may take this many times the median.
MOST_TIMES_MEDIAN = 5


def figures(run: Run) -> Iterator[Figure]:
    """Yield the median, and the slowest in a hundred as a multiple of it, of each page."""
    size = (2_000, 200) if run.is_quick else (pages.ASSETS, pages.HOSTS)
    client = pages.signed_in(pages.large_app(run.folder, assets=size[0], hosts=size[1]))
    settle()
    for name, (address, most) in pages.PAGES.items():
        rounds = [timed(client, address) for _ in run.in_turn()]
        cpu = median(used for took in rounds for _, used in took)
        middles = [median(wall for wall, _ in took) for took in rounds]
        slowest = [sorted(wall for wall, _ in took)[int(TIMES * 0.99)] for took in rounds]
        key = "page_" + name.replace(",", "").replace(" ", "_")
        note = f"{cpu:.1f} ms of them processor time"
        goal = at_most(most, of="value")
        yield compared(Figure(name=key, value=None, unit="ms", goal=goal, note=note), middles, None)
        times = [slow / middle for slow, middle in zip(slowest, middles, strict=True)]
        goal = at_most(MOST_TIMES_MEDIAN, of="value")
        figure = Figure(name=f"{key}_p99", value=None, unit="× the median", goal=goal)
        yield compared(figure, times, None)


def timed(client: FlaskClient, address: str) -> list[tuple[float, float]]:
    """Return the milliseconds and those of the processor of each request, warm."""
    took = []
    for _ in range(WARM_UP + TIMES):
        began, used = perf_counter(), thread_time()
        answer = client.get(address)
        _ = answer.data
        took.append(((perf_counter() - began) * 1000, (thread_time() - used) * 1000))
        if answer.status_code != 200:
            raise RuntimeError(f"{address} answered {answer.status_code}")
    return took[WARM_UP:]
