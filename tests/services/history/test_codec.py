"""A window comes back as it was packed, one column at a time or all."""

import zlib
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from itops.checks.metrics import FAMILIES, family_of
from itops.services.history import codec
from itops.services.history.codec import Unreadable, pack, unpack
from itops.services.history.rounding import MOST_STEPS, from_steps, to_steps

numbers = st.integers(-MOST_STEPS, MOST_STEPS)
small = st.integers(-200, 200)
cells = st.one_of(st.none(), small, numbers)


@st.composite
def windows(draw):
    count = draw(st.integers(0, 60))
    column = st.one_of(
        st.lists(cells, min_size=count, max_size=count),
        st.lists(small, min_size=count, max_size=count),
        st.builds(lambda value: [value] * count, cells),
    )
    return count, draw(st.lists(column, max_size=6))


@given(windows())
def test_every_window_comes_back_as_it_was(window):
    count, columns = window
    assert unpack(pack(count, columns)) == columns


@given(windows(), st.data())
def test_one_column_is_read_without_the_others(window, data):
    count, columns = window
    if columns:
        index = data.draw(st.integers(0, len(columns) - 1))
        assert unpack(pack(count, columns), [index]) == [columns[index]]


def test_a_broken_column_spoils_no_other():
    columns = [[1, 5, 2, 9], [4, 4, 7, 1]]
    packed = bytearray(pack(4, columns))
    packed[-3:] = b"\xff\xff\xff"
    assert unpack(bytes(packed), [0]) == [columns[0]]
    with pytest.raises(Unreadable):
        unpack(bytes(packed), [1])


@given(st.binary(max_size=200))
def test_what_is_no_window_is_unreadable_and_nothing_else(data):
    with suppress(Unreadable):
        unpack(data)


def test_a_window_of_a_later_version_is_unreadable():
    with pytest.raises(Unreadable):
        unpack(b"\x02" + pack(1, [[1]])[1:])


def test_a_regular_grid_costs_next_to_nothing():
    every_minute = list(range(1_795_392_000, 1_795_392_000 + 360 * 60, 60))
    assert len(codec.pack_stream(every_minute)) < 12


def test_columns_are_compressed():
    wave = [round(40 + 30 * ((n % 60) / 60)) for n in range(360)]
    assert len(pack(360, [wave])) < 120
    assert len(zlib.compress(bytes(wave))) > 12


@given(st.sampled_from(sorted(FAMILIES)), st.floats(0, 1e13))
def test_no_figure_is_off_by_more_than_half_a_quantum(name, value):
    family = family_of(name)
    [back] = from_steps(family, to_steps(family, [value]))
    allowed = family.quantum / 2 * (1 + value if family.is_relative else 1)
    assert back is not None
    assert abs(back - value) <= allowed * 1.01 + value * 1e-9


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_any_figure_can_be_packed(value):
    for name in ("cpu.percent", "network.sent_bytes_per_second", "gpu.unheard_of"):
        steps = to_steps(family_of(name), [value, None])
        assert unpack(pack(2, [steps])) == [steps]


def test_a_missing_figure_stays_missing_and_zero_stays_zero():
    for name in FAMILIES:
        family = family_of(name)
        assert from_steps(family, to_steps(family, [None, 0.0])) == [None, 0.0]
    assert from_steps(family_of("cpu.percent"), [123]) == [12.3]
