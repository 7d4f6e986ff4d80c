"""The month's page over a year's data of 5,000 hosts, in process, signed in."""

from collections.abc import Iterator
from datetime import timedelta

from itops.clock import utcnow
from itops.services.months.period import Month
from tests.bench import pages, year
from tests.bench.groups import Run
from tests.bench.report import Figure, at_most, compared


def figures(run: Run) -> Iterator[Figure]:
    """Yield the median of the page, of a list of rows behind it, and of its workbook."""
    folder = run.folder / "month"
    folder.mkdir()
    app = pages.large_app(folder, assets=5_000, hosts=5_000)
    with app.app_context():
        year.build(at=utcnow())
    client = pages.signed_in(app)
    month = Month.of((utcnow() - timedelta(days=40)).date())
    addresses = {
        "month_page_ms": (f"/month/{month}", 300),
        "month_rows_ms": (f"/month/{month}/rows/solved_late", 300),
        "month_workbook_ms": (f"/month/{month}/report.xlsx", 600),
    }
    for name, (address, most) in addresses.items():
        middle, _worst, _size = pages.measure(client, address, rounds=5 if run.is_quick else 20)
        figure = Figure(name=name, value=None, unit="ms", goal=at_most(most, of="value"))
        yield compared(figure, [middle], None)
