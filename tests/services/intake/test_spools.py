"""Each number of a spool counts once, in whatever order and how often it comes."""

from hypothesis import given
from hypothesis import strategies as st

from itops.services.intake.spools import MOST_GAPS, Marks, Place


@given(st.lists(st.integers(min_value=1, max_value=60), max_size=200))
def test_a_number_is_new_the_first_time_only(seqs):
    marks, seen = Marks(), set()
    for seq in seqs:
        assert marks.place(seq) is (Place.ALREADY if seq in seen else Place.NEW)
        seen.add(seq)
    missing = {seq for first, last in marks.gaps for seq in range(first, last + 1)}
    assert marks.high_water == max(seen, default=0)
    assert missing == set(range(1, marks.high_water + 1)) - seen


def test_gaps_are_bounded_and_what_is_forgotten_is_never_called_already():
    marks = Marks()
    for seq in range(2, 4 * MOST_GAPS, 2):
        assert marks.place(seq) is Place.NEW
    assert len(marks.gaps) == MOST_GAPS
    assert marks.place(1) is Place.FORGOTTEN
    assert marks.place(4 * MOST_GAPS - 3) is Place.NEW
