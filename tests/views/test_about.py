"""The about page: for whoever looks after the whole installation."""

import pytest

from itops import __version__
from itops.models import Role
from tests import factories

LOOKS_AFTER = {Role.HEAD, Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN}


@pytest.mark.parametrize("role", sorted(LOOKS_AFTER))
def test_versions_and_findings_are_shown(sign_in, role):
    page = sign_in(role).get("/about?thoroughly=1").text
    assert __version__ in page
    assert "The database was read and is whole" in page
    assert "ITOPS_PUBLIC_URL" in page


def test_a_part_of_the_installation_is_not_enough(sign_in):
    assert sign_in(Role.HEAD, site=factories.site()).get("/about").status_code == 403


def test_others_see_nothing_of_it(sign_in):
    assert sign_in(Role.ENGINEER).get("/about").status_code == 403
