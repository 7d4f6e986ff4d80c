"""What the pages of an import tell somebody who does it for the first time."""

import pytest

from itops.db import db
from itops.models import Role
from tests import factories
from tests.views.assets.test_imports import HEADER, uploaded


@pytest.fixture
def site(app):
    return factories.site(name="县人民医院")


def test_the_first_page_lists_the_known_headers_of_both_languages(sign_in, site):
    page = sign_in(Role.HEAD).get("/assets/import").text
    for header in ("固定资产编号", "使用科室", "asset tag", "date of purchase"):
        assert header in page


@pytest.mark.parametrize(
    ("role", "words"), [(Role.HEAD, "tick it"), (Role.ENGINEER, "Who manages")]
)
def test_rows_without_their_department_point_to_how_it_is_made(sign_in, site, role, words):
    client = sign_in(role)
    address = uploaded(client, site, HEADER + "PC-1,电脑,检验科,,,,\n")
    assert words in client.get(address).text
    factories.department(site=site, name="检验科")
    db.session.commit()
    assert words not in client.get(address).text
