"""How long the pages take at 200,000 tickets: from the call to the last byte."""

from collections.abc import Iterator
from statistics import median

from itops.cli.worker_process import settle
from itops.models import Role
from tests.bench import pages, tickets
from tests.bench.groups import Run
from tests.bench.groups.pages import timed
from tests.bench.report import Figure, at_most, compared

QUICK = {"tickets": 2_000, "assets": 200, "hosts": 20}


def figures(run: Run) -> Iterator[Figure]:
    """Yield the median of each page: the queue, search, a ticket, the report form."""
    size = QUICK if run.is_quick else {}
    client = pages.signed_in(tickets.large_app(run.folder, **size), role=Role.ENGINEER)
    settle()
    for name, (address, most) in tickets.PAGES.items():
        if run.is_quick and name == "ticket":
            continue
        rounds = [timed(client, address) for _ in run.in_turn()]
        middles = [median(wall for wall, _ in took) for took in rounds]
        cpu = median(used for took in rounds for _, used in took)
        key = "page_" + name.replace(",", "").replace("'", "").replace(" ", "_")
        note = f"{cpu:.1f} ms of them processor time"
        goal = at_most(most, of="value")
        yield compared(Figure(name=key, value=None, unit="ms", goal=goal, note=note), middles, None)
