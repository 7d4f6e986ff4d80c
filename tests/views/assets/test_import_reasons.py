"""Why a row of a ledger is refused: all of it at once, so that a file is mended in one go."""

import re

import pytest

from itops.models import Asset, Department, Lifecycle, Role
from tests import factories
from tests.views.assets.test_imports import HEADER, count, look_with_places, uploaded


@pytest.fixture
def site(app):
    return factories.site(name="县人民医院")


@pytest.fixture
def head(sign_in):
    return sign_in(Role.HEAD)


def test_every_reason_of_a_row_is_told_at_once_with_its_field(head, site):
    factories.asset(tag="PC-9", site=site, lifecycle=Lifecycle.DISPOSED)
    header = "资产编号,设备名称,使用科室,存放地点,使用状态,购置日期,原值\n"
    rows = (
        "PC-1,电脑,心外科,9楼,在用,2020年13月40日,很贵\n"
        "PC-2,电脑,心外科,9楼,不知道,2020年13月40日,\n"
        "PC-2,,心外科,,,,\n"
        "PC-9,电脑,心外科,,在用,,\n"
    )
    address = uploaded(head, site, header + rows)
    cells = re.findall(
        r'<td role="cell" class="wide"><span>(.*?)</span></td>', head.get(address).text
    )
    told = [re.findall(r"<b>(.*?)</b>", cell) for cell in cells]
    where = ["Department", "Place"]
    assert told == [
        [*where, "Purchased on", "Price (yuan)"],
        ["Life-cycle step", *where, "Purchased on"],
        ["Asset tag", "Name", "Department"],
        ["Life-cycle step", "Department"],
    ]
    assert "No department is called “心外科”" in cells[0]


def test_a_row_that_is_refused_makes_no_places(head, site):
    rows = "PC-1,电脑,心外科,,,2020年13月40日,\nPC-2,电脑,,,,,\n"
    address = uploaded(head, site, HEADER + rows)
    look_with_places(head, address)
    head.post(f"{address}/apply", data={"leave_out": "1"})
    assert (count(Asset), count(Department)) == (1, 0)
