"""Whatever a strange machine prints, reading it keeps this process busy for a moment only."""

import time
from contextlib import suppress

import pytest

from itops.checks.base import Unreadable
from itops.checks.catalogue import CHECKS
from itops.checks.questions import Transport
from itops.remote.limits import DEFAULTS
from tests.checks.reading import output

pytestmark = pytest.mark.slow
SSH_KINDS = sorted(name for name, kind in CHECKS.items() if kind.transport is Transport.SSH)
UNITS = (
    "a",
    " ",
    "1",
    "1 ",
    "0 ",
    "- ",
    "@",
    "'",
    "''",
    "' ",
    "'a ",
    "a=",
    "/",
    "\n",
    "a \n",
    "\t",
)
#: What stands around a line that is as long as we take.
AROUND = (
    ("", ""),
    ("a", "!"),
    ("a=", "-"),
    ("ok | ", "-"),
    ("ok | a=1", "-"),
    ("heading\na", "!\ninodes\nb\nend\n"),
    ("heading\n/dev/a 1 1 1 1% /\ninodes\nheading\na", "!\nend\n"),
)
#: What is read letter by letter takes a second at most; what goes back and forth takes minutes.
SECONDS = 2


@pytest.mark.parametrize("kind", SSH_KINDS)
def test_the_longest_output_is_read_in_a_moment(kind):
    slow = []
    for unit in UNITS:
        for before, after in AROUND:
            text = before + unit * (DEFAULTS.output_bytes // len(unit)) + after
            began = time.process_time()
            with suppress(Unreadable):
                CHECKS[kind].parse(output(text))
            if time.process_time() - began > SECONDS:
                slow.append((before, unit, after))
    assert slow == []
