"""The names by which headers are known, as people write them."""

import pytest

from itops.services.assets.facts import READERS
from itops.services.assets.importing.headers import KNOWN, fields_of, names_of, plain


@pytest.mark.parametrize("field", READERS)
def test_every_name_that_the_page_lists_is_known(field):
    for name in names_of(field):
        assert KNOWN[plain(name)][1] == field
        assert fields_of([name.upper()]) == [field]
