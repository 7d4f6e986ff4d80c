"""Tables that leave as CSV or Excel files, so that no cell of them is taken for a formula."""

import csv
import io
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from decimal import Decimal
from typing import IO

import xlsxwriter

Cell = str | int | Decimal | date | None
#: A text that begins so would be a formula, in full width too in some programs.
FORMULA_STARTS = "=+-@\t\r\n＝＋－＠"
#: What makes a text of it, and what `undefused` takes away again.
GUARD = "'"
BOM = "\ufeff"


def defused(text: str) -> str:
    """Return a text that no spreadsheet takes for a formula."""
    return GUARD + text if text.lstrip(" \u3000" + GUARD)[:1] in _STARTS else text


def undefused(text: str) -> str:
    """Return the text that `defused` was given."""
    is_ours = text.startswith(GUARD) and text.lstrip(" \u3000" + GUARD)[:1] in _STARTS
    return text[len(GUARD) :] if is_ours else text


def csv_chunks(rows: Iterable[Sequence[Cell]], *, every: int = 200) -> Iterator[bytes]:
    """Yield a CSV file in UTF-8, with the mark by which Excel knows it."""
    buffer = io.StringIO(BOM)
    buffer.seek(0, io.SEEK_END)
    writer = csv.writer(buffer)
    for number, row in enumerate(rows, start=1):
        writer.writerow([defused(cell) if isinstance(cell, str) else cell for cell in row])
        if number % every == 0:
            yield _taken(buffer)
    yield _taken(buffer)


def xlsx_chunks(rows: Iterable[Sequence[Cell]], *, sheet: str) -> Iterator[bytes]:
    """Yield an Excel file; numbers stay numbers and days stay days."""
    with tempfile.TemporaryFile() as file:
        _write_xlsx(file, rows, sheet)
        file.seek(0)
        while chunk := file.read(65_536):
            yield chunk


def _write_xlsx(file: IO[bytes], rows: Iterable[Sequence[Cell]], sheet: str) -> None:

    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(file, options) as book:
        page = book.add_worksheet(sheet[:31])
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        page.set_column(0, 40, 16)
        page.freeze_panes(1, 1)
        for at, row in enumerate(rows):
            for column, cell in enumerate(row):
                if isinstance(cell, str) and cell:
                    page.write_string(at, column, defused(cell))
                elif isinstance(cell, date):
                    page.write_datetime(at, column, cell, day)
                elif isinstance(cell, int | Decimal):
                    page.write_number(at, column, cell)


def _taken(buffer: io.StringIO) -> bytes:
    content = buffer.getvalue().encode("utf-8")
    buffer.seek(0)
    buffer.truncate()
    return content


_STARTS = frozenset(FORMULA_STARTS)
