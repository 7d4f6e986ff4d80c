"""One window of figures as bytes: a directory of lengths, then one compressed stream a column.

    version  1 byte     1
    count    4 bytes    samples in the window
    streams  2 bytes    how many follow
    lengths  4 bytes each
    streams             each on its own, so that one is read without unpacking the others

A stream holds whole numbers, one a sample, any of which may be missing:

    flags    1 byte     how it was written (below); nothing follows where all are missing
    first    1 + n      the first number: how many bytes, then little-endian, signed
    body                raw deflate of the mask of what is there (if something is missing) and the
                        other numbers or their differences, 1 to 8 bytes each, signed, the low
                        bytes of all first, then the next: high bytes are nearly all the same
"""

import struct
import zlib
from array import array
from collections.abc import Sequence
from itertools import accumulate, compress, pairwise

VERSION = 1
HEAD = struct.Struct("<BIH")
LENGTH_BYTES = 4

ALL_MISSING = 0x80
SOME_MISSING = 0x40
#: The differences to the one before are kept, and not the numbers themselves.
DIFFERENCES = 0x20
#: All numbers (or all differences) are the same; it stands after the first, in the same way.
CONSTANT = 0x10
#: The rest of the flags is the index into these.
WIDTHS = "bhiq"

Numbers = Sequence[int | None]


class Unreadable(ValueError):
    """The bytes are not a window, or one that a later version wrote."""


def pack(count: int, columns: Sequence[Numbers]) -> bytes:
    """Given columns of `count` numbers each, return the window as bytes."""
    streams = [pack_stream(column) for column in columns]
    lengths = struct.pack(f"<{len(streams)}I", *map(len, streams))
    return HEAD.pack(VERSION, count, len(streams)) + lengths + b"".join(streams)


def unpack(data: bytes, wanted: Sequence[int] | None = None) -> list[list[int | None]]:
    """Return the columns with the indexes `wanted` (by default all), reading no other.

    Raise Unreadable if `data` is no window of this version or has no such column.
    """
    try:
        version, count, streams = HEAD.unpack_from(data)
        if version != VERSION:
            raise Unreadable(version)
        lengths = struct.unpack_from(f"<{streams}I", data, HEAD.size)
        begins = list(accumulate(lengths, initial=HEAD.size + LENGTH_BYTES * streams))
        indexes = range(streams) if wanted is None else wanted
        return [unpack_stream(data[begins[i] : begins[i + 1]], count) for i in indexes]
    except (struct.error, zlib.error, IndexError, ValueError) as reason:
        raise Unreadable(*reason.args) from reason


def pack_stream(column: Numbers) -> bytes:
    """Return the shorter of the two ways to write a column."""
    numbers = [number for number in column if number is not None]
    if not numbers:
        return bytes([ALL_MISSING])
    mask = b"" if len(numbers) == len(column) else bytes(n is not None for n in column)
    differences = [after - before for before, after in pairwise(numbers)]
    by_differences = _written(DIFFERENCES, numbers[0], differences, mask)
    if by_differences[0] & CONSTANT:
        return by_differences
    return min(by_differences, _written(0, numbers[0], numbers[1:], mask), key=len)


def unpack_stream(stream: bytes, count: int) -> list[int | None]:
    """Return the `count` numbers of a stream."""
    flags = stream[0]
    if flags & ALL_MISSING:
        return [None] * count
    first, at = _short_number(stream, 1)
    constant = 0
    if flags & CONSTANT:
        constant, at = _short_number(stream, at)
    body = zlib.decompress(stream[at:], -15) if len(stream) > at else b""
    mask, body = (body[:count], body[count:]) if flags & SOME_MISSING else (b"", body)
    present = sum(mask) if mask else count
    rest = [constant] * (present - 1) if flags & CONSTANT else _joined(body, WIDTHS[flags & 3])
    numbers = list(accumulate(rest, initial=first)) if flags & DIFFERENCES else [first, *rest]
    if len(numbers) != present:
        raise Unreadable(count)
    return _spread(numbers, mask) if mask else numbers  # type: ignore[return-value]  # a list of int is one of int or None


def _written(flags: int, first: int, rest: list[int], mask: bytes) -> bytes:
    """Return a stream of `first` and the numbers or differences that follow it."""
    head = _number_bytes(first)
    if mask:
        flags |= SOME_MISSING
    if len(set(rest)) <= 1:
        flags |= CONSTANT
        head += _number_bytes(rest[0] if rest else 0)
        body = mask
    else:
        width = _width(rest)
        flags |= WIDTHS.index(width)
        body = mask + _split(rest, width)
    return bytes([flags]) + head + (_deflated(body) if body else b"")


def _width(numbers: list[int]) -> str:
    most = max(*numbers, ~min(numbers))
    return next(width for width in WIDTHS if most < 1 << (8 * array(width).itemsize - 1))


def _split(numbers: list[int], width: str) -> bytes:
    """Return the numbers' low bytes, then their next bytes, and so on."""
    whole = struct.pack(f"<{len(numbers)}{width}", *numbers)
    size = array(width).itemsize
    return b"".join(whole[place::size] for place in range(size))


def _joined(split: bytes, width: str) -> Sequence[int]:
    size = array(width).itemsize
    count = len(split) // size
    whole = bytearray(len(split))
    for place in range(size):
        whole[place::size] = split[place * count : (place + 1) * count]
    return struct.unpack(f"<{count}{width}", whole)


def _spread(numbers: list[int], mask: bytes) -> list[int | None]:
    """Return the numbers at the places that the mask has them, and None elsewhere."""
    spread: list[int | None] = [None] * len(mask)
    for place, number in zip(compress(range(len(mask)), mask), numbers, strict=True):
        spread[place] = number
    return spread


def _deflated(body: bytes) -> bytes:
    deflate = zlib.compressobj(9, zlib.DEFLATED, -15)
    return deflate.compress(body) + deflate.flush()


def _number_bytes(number: int) -> bytes:
    size = number.bit_length() // 8 + 1
    return bytes([size]) + number.to_bytes(size, "little", signed=True)


def _short_number(stream: bytes, at: int) -> tuple[int, int]:
    """Return the number that stands at `at`, and the place behind it."""
    end = at + 1 + stream[at]
    return int.from_bytes(stream[at + 1 : end], "little", signed=True), end


def stream_count(data: bytes) -> int:
    """Return how many columns stand in the window after its first, which is its times."""
    count: int = HEAD.unpack_from(data)[2]
    return count - 1
