"""The patient-data screen: identity and phone numbers in free text are masked before it is stored.

itops holds no patient data. What people write of a fault may hold some all the same ("bed 12,
Zhang, 1101…"), so every free text passes here, and its writer is told what was hidden.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date

ID_NUMBER, PHONE = "id_number", "phone"
#: Full-width digits count as digits, one for one, so that places in the text stay the same. So do
#: the dashes and blanks of other keyboards, and what comes unseen with a copied text.
DASHES = "－\u2010\u2011\u2012\u2013\u2014\u2015\u2212"
BLANKS = "\u3000\t\u00a0\u2002\u2003\u2009\u202f\u200b\u200c\u200d\u2060\ufeff"
HALF_WIDTH = str.maketrans(
    f"０１２３４５６７８９Ｘｘ{DASHES}{BLANKS}",
    f"0123456789Xx{'-' * len(DASHES)}{' ' * len(BLANKS)}",
)
#: Between two digits people write spaces and dashes. No full stops: machines' addresses hold them.
GAP = r"[ \-]{0,3}"
EIGHTEEN = re.compile(rf"(?<!\d)(?=((?:\d{GAP}){{17}}[\dXx])(?![\dXx]))")
FIFTEEN = re.compile(rf"(?<!\d)(?=((?:\d{GAP}){{14}}\d)(?!\d))")
MOBILE = re.compile(rf"(?<!\d)(?=((?:(?:\+|00)?86{GAP})?1[3-9](?:{GAP}\d){{9}})(?!\d))")
#: But a number in groups of 3, 4 and 4 is no address.
DOTTED = re.compile(r"(?<![\d.])(1[3-9]\d[.·]\d{4}[.·]\d{4})(?![\d.]\d)")
LANDLINE = re.compile(
    rf"(?<!\d)(?=(\(?0(?:10|2\d|[3-9]\d{{2}})\)?{GAP}[2-8](?:{GAP}\d){{6,7}})(?!\d))"
)
#: GB 11643-1999: the weight of each of the first 17 digits, and the check character by remainder.
WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
CHECKS = "10X98765432"
#: The first two digits of an identity number: provinces, and 91 to 93 of foreign residents.
PROVINCES = frozenset(
    map(
        str,
        [
            *range(11, 16),
            *range(21, 24),
            *range(31, 38),
            *range(41, 47),
            *range(50, 55),
            *range(61, 66),
            71,
            81,
            82,
            83,
            91,
            92,
            93,
        ],
    )
)
EARLIEST_BIRTH = date(1850, 1, 1)


@dataclass(frozen=True)
class Screened:
    """A text without what must not be in it, and what was masked: a kind for each number."""

    text: str
    masked: list[str]


@dataclass(frozen=True)
class _Found:
    start: int
    end: int
    kind: str
    #: How many characters stay readable before and after the mask.
    head: int
    tail: int


def screen(text: str) -> Screened:
    """Return `text` with every identity number and phone number masked."""
    found: list[_Found] = []
    for one in _all_found(text.translate(HALF_WIDTH)):
        if not found or one.start >= found[-1].end:
            found.append(one)
    shown, last = [], 0
    for one in found:
        shown += [text[last : one.start], _masked(text[one.start : one.end], one)]
        last = one.end
    return Screened("".join([*shown, text[last:]]), [one.kind for one in found])


def is_id_number(digits: str) -> bool:
    """Whether these are an identity number: of 18 with its check character, or of 15 as before."""
    if digits[:2] not in PROVINCES:
        return False
    if len(digits) == 15:
        return _is_a_day(f"19{digits[6:12]}")
    weighed = sum(weight * int(digit) for weight, digit in zip(WEIGHTS, digits, strict=False))
    return _is_a_day(digits[6:14]) and CHECKS[weighed % 11] == digits[17].upper()


def _all_found(text: str) -> list[_Found]:
    found = [
        *_matches(EIGHTEEN, text, ID_NUMBER, is_id_number),
        *_matches(FIFTEEN, text, ID_NUMBER, is_id_number),
        *_matches(MOBILE, text, PHONE, lambda _digits: True),
        *_matches(DOTTED, text, PHONE, lambda _digits: True),
        *_matches(LANDLINE, text, PHONE, lambda _digits: True),
    ]
    # Of two that begin at the same place the longer one: an identity number before a phone's.
    return sorted(found, key=lambda one: (one.start, -one.end))


def _matches(
    pattern: re.Pattern[str], text: str, kind: str, is_one: Callable[[str], bool]
) -> Iterator[_Found]:
    for match in pattern.finditer(text):
        digits = re.sub(r"[^\dXx]", "", match[1])
        if is_one(digits):
            head, tail = (6, 4) if kind == ID_NUMBER else (3, 2)
            yield _Found(match.start(1), match.end(1), kind, head, tail)


def _masked(text: str, found: _Found) -> str:
    hidden = len(text) - found.head - found.tail
    return f"{text[: found.head]}{'*' * hidden}{text[-found.tail :]}"


def _is_a_day(digits: str) -> bool:
    try:
        born = date(int(digits[:4]), int(digits[4:6]), int(digits[6:8]))
    except ValueError:
        return False
    return born >= EARLIEST_BIRTH
