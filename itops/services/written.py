"""What people write for dates, money and addresses, read kindly: full width, slashes, 年月日."""

import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from ipaddress import ip_address as parse_address
from typing import Any, TypeVar

from itops.errors import FieldError, Invalid

E = TypeVar("E", bound=StrEnum)

DAY = re.compile(
    r"(\d{4})[-/.年](\d{1,2})(?:[-/.月](\d{1,2})日?|月)?(?:[T ]\d{1,2}:\d{2}(:\d{2})?)?"
)
COMPACT_DAY = re.compile(r"(\d{4})(\d{2})(\d{2})")
#: Excel counts days from here; a number in these bounds is a day between 1954 and 2064.
EXCEL_EPOCH = date(1899, 12, 30)
EXCEL_DAYS = range(20_000, 60_001)
EARLIEST, LATEST = date(1950, 1, 1), date(2100, 12, 31)
#: Ten billion yuan; an integer column holds fen only so far.
MOST_FEN = 2_000_000_000
MAC = re.compile(r"[0-9a-f]{12}")


def plain(typed: str) -> str:
    """Return a figure or code as it was meant: half width, no spaces around it."""
    return unicodedata.normalize("NFKC", typed).strip().strip("'").strip()


def read_all(
    readers: Mapping[str, Callable[[str], Any]], typed: Mapping[str, str]
) -> tuple[dict[str, Any], list[FieldError]]:
    """Return the values of the fields of a form, and what is wrong with those that have none.

    A field that was not sent is read as if nothing had been typed.
    """
    values: dict[str, Any] = {}
    wrong: list[FieldError] = []
    for name, read in readers.items():
        try:
            values[name] = read(typed.get(name, ""))
        except Invalid as error:
            wrong.append(
                FieldError(name, error.fields[0].message if error.fields else error.message)
            )
    return values, wrong


def text(limit: int, *, required: bool = False, lines: bool = False) -> Callable[[str], str]:
    """Return a reader of text of at most `limit` characters; it changes nothing but the ends."""

    def read(typed: str) -> str:
        found = typed.strip()
        if required and not found:
            raise Invalid("written.required")
        if len(found) > limit:
            raise Invalid("written.too_long", n=limit)
        allowed = "\r\n\t" if lines else ""
        if any(_cannot_be_kept(character) and character not in allowed for character in found):
            raise Invalid("written.control")
        return found.replace("\r\n", "\n")

    return read


def code(limit: int, *, required: bool = False) -> Callable[[str], str]:
    """Return a reader of a tag or serial number: as `text`, in half width and without spaces."""
    read_text = text(limit, required=required)
    return lambda typed: read_text(re.sub(r"\s+", " ", plain(typed)))


def day(typed: str) -> date | None:
    """Read 2026-11-23, 2026/11/23, 2026年11月23日, 20261123 or 2026年11月 (its first day)."""
    found = plain(typed)
    if not found:
        return None
    match = DAY.fullmatch(found) or COMPACT_DAY.fullmatch(found)
    if match:
        year, month, on = (int(part or 1) for part in match.groups()[:3])
        return _checked(lambda: date(year, month, on))
    return _excel_day(found)


def money_fen(typed: str) -> int | None:
    """Read 4500, ¥4,500.00, 4500元 or 0.45万元 as fen."""
    found = re.sub(r"[\s,¥$]|元|RMB|CNY", "", plain(typed), flags=re.IGNORECASE)
    if not plain(typed):
        return None
    factor = 10_000 if found.endswith("万") else 1
    try:
        fen = Decimal(found.removesuffix("万")) * factor * 100
        whole = int(fen.to_integral_value()) if fen.is_finite() and abs(fen) < MOST_FEN else -1
    except InvalidOperation:
        raise Invalid("written.money") from None
    if whole < 0 or whole != fen:
        raise Invalid("written.money")
    return whole


def ip_address(typed: str) -> str:
    """Read an IPv4 or IPv6 address, and return it as it is usually written."""
    found = plain(typed).replace("。", ".")
    if not found:
        return ""
    try:
        return str(parse_address(found))
    except ValueError:
        raise Invalid("written.ip") from None


def mac_address(typed: str) -> str:
    """Read a MAC address with colons, dashes, dots or nothing between."""
    found = re.sub(r"[\s:.\-]", "", plain(typed).lower())
    if not found:
        return ""
    if not MAC.fullmatch(found):
        raise Invalid("written.mac")
    return ":".join(found[at : at + 2] for at in range(0, 12, 2))


def choice(kind: type[E], default: E) -> Callable[[str], E]:
    """Return a reader of one of a list of choices; nothing means `default`."""

    def read(typed: str) -> E:
        try:
            return kind(typed.strip()) if typed.strip() else default
        except ValueError:
            raise Invalid("written.choice") from None

    return read


def row_id(typed: str) -> int | None:
    """Read the id that a select sends; nothing means none was chosen."""
    found = typed.strip()
    if not found:
        return None
    if not (found.isascii() and found.isdigit() and len(found) < 10 and int(found)):
        raise Invalid("written.choice")
    return int(found)


def needed_id(typed: str) -> int:
    """Read the id of a select in which something must be chosen."""
    found = row_id(typed)
    if found is None:
        raise Invalid("written.required")
    return found


def _excel_day(found: str) -> date:
    number = found.removesuffix(".0")
    if number.isascii() and number.isdigit() and len(number) == 5 and int(number) in EXCEL_DAYS:
        return EXCEL_EPOCH + timedelta(days=int(number))
    raise Invalid("written.day")


def _checked(made: Callable[[], date]) -> date:
    try:
        found = made()
    except ValueError:
        raise Invalid("written.day") from None
    if not EARLIEST <= found <= LATEST:
        raise Invalid("written.day")
    return found


def _cannot_be_kept(character: str) -> bool:
    """Whether it is a control character or half of a surrogate pair."""
    return unicodedata.category(character) in {"Cc", "Cs"}
