"""The charts of a check: in units that people count in, on the page and for its script."""

import pytest

from itops.clock import utcnow
from itops.models import Role
from itops.services.history.owners import CHECKS
from itops.services.history.writing import write_block
from tests import factories


def test_the_age_of_a_file_is_drawn_in_hours(app, sign_in):
    """Fifty hours are no 182,520 s; the script is told the unit that the page's picture has."""
    check = factories.check(kind="file", limits={"age": "26,50"})
    now = int(utcnow().timestamp())
    write_block(check.id, 60, now - 600, {"file.age_seconds": [182_520.0] * 2}, owners=CHECKS)
    client = sign_in(Role.ENGINEER)
    page = client.get(f"/checks/{check.id}").text
    figure = page[page.index("<figure") : page.index("</figure>")]
    assert 'data-unit="h"' in figure
    assert "50.7 hours" in figure
    address = f"/checks/{check.id}/series?metric=file.age_seconds&from={now - 3600}&to={now}"
    told = client.get(f"{address}&unit=h").json
    assert told["unit"] == "h"
    assert told["values"][-1] == pytest.approx(50.7)
    assert client.get(f"{address}&unit=moon").json["unit"] == "s"
