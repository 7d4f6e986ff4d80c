"""Reading an uploaded ledger, CSV or Excel, to rows of texts; too much of it is refused."""

import csv
import io
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from charset_normalizer import from_bytes

from itops.errors import Refused

MOST_BYTES = 10 * 1024 * 1024
MOST_ROWS, MOST_COLUMNS, LONGEST_CELL = 20_000, 60, 8_000
#: An Excel file is a zip: so much may come out of it, in so many parts.
MOST_UNPACKED, MOST_PARTS = 96 * 1024 * 1024, 400
#: A part that is packed better than so holds the same thing over and over (real ones: 5 to 40);
#: a bomb of 200 kB kept a processor busy for minutes.
MOST_PACKED, PACKED_FREELY = 100, 1024 * 1024
#: Rows that Excel counts but nobody wrote on are looked through this far.
MOST_LOOKED_AT = 100_000
MOST_SHEETS = 20
ZIP, OLD_EXCEL = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
SEPARATORS = (",", "\t", ";")


@dataclass(frozen=True)
class Sheet:
    """A table as it was found: every row with the number of its line, and how it was read."""

    rows: list[tuple[int, list[str]]]
    read_as: str


def read(content: bytes) -> list[Sheet]:
    """Given an upload, return its tables (CSV has one). Raise Refused if it can't be read."""
    if not content.strip():
        raise Refused("import.empty")
    if len(content) > MOST_BYTES:
        raise Refused("import.too_big", megabytes=MOST_BYTES // 1024 // 1024)
    if content.startswith(OLD_EXCEL):
        raise Refused("import.old_excel")
    sheets = list(_excel(content)) if content.startswith(ZIP) else [_csv(content)]
    sheets = [sheet for sheet in sheets if sheet.rows]
    if not sheets:
        raise Refused("import.empty")
    return sheets


def decoded(content: bytes) -> tuple[str, str]:
    """Return the text and its encoding. A fixed order beats guessing on short Chinese files."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16", "replace"), "utf-16"
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return content.decode(encoding), encoding
        except UnicodeDecodeError:
            continue
    best = from_bytes(content).best()
    if best is None:
        raise Refused("import.unreadable")
    return str(best), best.encoding


def _csv(content: bytes) -> Sheet:
    text, encoding = decoded(content)
    if "\x00" in text:
        raise Refused("import.unreadable")
    top = text[:20_000].splitlines()[:15] or [""]
    separator = max(SEPARATORS, key=lambda sign: max(line.count(sign) for line in top))
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    try:
        rows = _bounded((reader.line_num, row) for row in reader)
    except csv.Error:
        raise Refused("import.unreadable") from None
    return Sheet(rows, encoding)


def _excel(content: bytes) -> Iterator[Sheet]:
    import openpyxl  # noqa: PLC0415 - large, for who imports

    _check_zip(content)
    try:
        book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=True)
        for sheet in book.worksheets[:MOST_SHEETS]:
            lines = sheet.iter_rows(max_col=MOST_COLUMNS, values_only=True)
            yield Sheet(_bounded(enumerate(lines, start=1)), f"xlsx: {sheet.title}"[:80])
    except Refused:
        raise
    except Exception:  # noqa: BLE001 - openpyxl raises whatever a damaged part makes it stumble on
        raise Refused("import.unreadable") from None


def _check_zip(content: bytes) -> None:
    """Raise Refused for an archive that unpacks to too much, before anything is unpacked.

    A size that lies is found when the part is read: zipfile stops at the size it was told.
    """
    try:
        parts = zipfile.ZipFile(io.BytesIO(content)).infolist()
    except (zipfile.BadZipFile, ValueError):
        raise Refused("import.unreadable") from None
    is_large = len(parts) > MOST_PARTS or sum(part.file_size for part in parts) > MOST_UNPACKED
    if is_large or any(_is_bomb(part) for part in parts):
        raise Refused("import.bomb")
    if not any(part.filename == "xl/workbook.xml" for part in parts):
        raise Refused("import.unreadable")


def _is_bomb(part: zipfile.ZipInfo) -> bool:
    too_much = MOST_PACKED * max(part.compress_size, 1)
    return part.file_size > PACKED_FREELY and part.file_size > too_much


def _bounded(lines: Iterable[tuple[int, Iterable[Any]]]) -> list[tuple[int, list[str]]]:
    """Return the rows on which something stands. Raise Refused if there are too many."""
    rows = []
    for looked_at, (number, cells) in enumerate(lines):
        texts = [_text(cell) for cell in cells][:MOST_COLUMNS]
        while texts and not texts[-1]:
            texts.pop()
        if texts:
            rows.append((number, texts))
        if len(rows) > MOST_ROWS + 20 or looked_at > MOST_LOOKED_AT:
            raise Refused("import.too_many_rows", most=MOST_ROWS)
    return rows


def _text(cell: object) -> str:
    if cell is None:
        return ""
    if isinstance(cell, datetime):
        return cell.date().isoformat()
    if isinstance(cell, date):
        return cell.isoformat()
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e15:
        return str(int(cell))
    return str(cell).strip()[:LONGEST_CELL]
