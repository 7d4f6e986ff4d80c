"""What tests of the transports share."""

from collections.abc import Iterator

import pytest

from itops.remote.limits import RemoteLimits
from itops.remote.ssh import Transports

#: Each stage has half a second, so that every stall is found soon.
SHORT = RemoteLimits(0.5, 0.5, 0.5, 0.5, 0.5, 5)


@pytest.fixture
def transports() -> Iterator[Transports]:
    pool = Transports()
    yield pool
    pool.close()


@pytest.fixture
def hasty() -> Iterator[Transports]:
    """Connections whose limits are short."""
    pool = Transports(limits=SHORT)
    yield pool
    pool.close()
