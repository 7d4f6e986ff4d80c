"""When the writer waits for more deliveries before it commits, and when it does not."""

from itops.api.committing import MOST_OFTEN, OFTEN, Rate


def seconds_of(rate, counts):
    """Return what the writer is told at the end of each second with so many deliveries."""
    told = []
    for second, count in enumerate(counts, start=1):
        rate.add(count)
        told.append(rate.is_often(float(second)))
    return told


def test_a_steady_stream_waits_for_company():
    assert seconds_of(Rate(), [OFTEN, OFTEN * 4, OFTEN]) == [True, True, True]


def test_a_few_deliveries_are_taken_at_once():
    assert seconds_of(Rate(), [1, OFTEN - 1, 0]) == [False, False, False]


def test_where_they_queue_anyhow_nobody_waits():
    assert seconds_of(Rate(), [MOST_OFTEN, MOST_OFTEN + 1]) == [True, False]


def test_after_a_silence_the_first_is_taken_at_once():
    rate = Rate()
    assert seconds_of(rate, [OFTEN, OFTEN]) == [True, True]
    rate.add(OFTEN)
    assert not rate.is_often(60.0)
