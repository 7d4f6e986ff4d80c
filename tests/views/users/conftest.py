"""People of several tests: one on leave and her colleague, and administrators kept apart."""

import pytest

from itops.models import Role
from itops.services.users.passwords import hashed
from tests.views.users.leaves import GOOD


@pytest.fixture(scope="session")
def kept():
    """How a good password is kept; making it takes its time."""
    return hashed(GOOD)


@pytest.fixture
def wang(sign_in, kept):
    """A head who goes on leave."""
    return sign_in(Role.HEAD, login="wang", name="王敏", password_hash=kept)


@pytest.fixture
def li(sign_in):
    """Her colleague, an engineer: may not set time limits (a head's page)."""
    return sign_in(Role.ENGINEER, login="li", name="李强")


@pytest.fixture
def apart(with_settings):
    """Three administrators in different hands."""
    with_settings(three_administrators=True)


@pytest.fixture
def keeper(sign_in):
    """The system administrator, with no other role."""
    return sign_in(Role.SYSTEM_ADMIN, login="keeper", name="系统员")


@pytest.fixture
def guard(sign_in):
    return sign_in(Role.SECURITY_ADMIN, login="guard", name="安全员")
