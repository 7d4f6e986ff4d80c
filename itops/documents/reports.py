"""A report that leaves as a file: the same tables as sheets of a workbook, or in a letter."""

import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import xlsxwriter

from itops.documents.spreadsheets import defused

Cell = str | int | float | date | None
#: What Chinese is set in where the program has no font of its own for it.
CHINESE_FONT = "Microsoft YaHei"
#: Characters that no XML file can hold: a name with one would leave no file to open.
NOT_IN_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
#: Characters that a sheet's name may not hold.
NOT_IN_A_NAME = str.maketrans(dict.fromkeys("[]:*?/\\", " "))


@dataclass(frozen=True)
class Table:
    """A table with its title and a note on what it counts, period and n with it."""

    title: str
    note: str
    header: Sequence[str]
    rows: Sequence[Sequence[Cell]]


def workbook(tables: Sequence[Table]) -> bytes:
    """Return an Excel file with a sheet for each table; numbers stay numbers."""
    file = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(file, options) as book:
        bold = book.add_format({"bold": True, "bottom": 1})
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        for table in tables:
            page = book.add_worksheet(table.title.translate(NOT_IN_A_NAME)[:31])
            page.set_column(0, 0, 28)
            page.set_column(1, len(table.header), 16)
            page.write_string(0, 0, table.title, bold)
            page.write_string(1, 0, table.note)
            for column, word in enumerate(table.header):
                page.write_string(3, column, word, bold)
            for at, row in enumerate(table.rows, start=4):
                for column, cell in enumerate(row):
                    if isinstance(cell, str):
                        page.write_string(at, column, defused(cell))
                    elif isinstance(cell, date):
                        page.write_datetime(at, column, cell, day)
                    elif cell is not None:
                        page.write_number(at, column, cell)
            page.freeze_panes(4, 1)
    return file.getvalue()


def letter(title: str, sentences: Sequence[str], tables: Sequence[Table]) -> bytes:
    """Return a Word file: the title, what a colleague would say first, then the tables."""
    from docx import Document  # noqa: PLC0415 - only wanted here, and slow to load
    from docx.oxml.ns import qn  # noqa: PLC0415

    paper = Document()
    normal = paper.styles["Normal"]
    normal.element.get_or_add_rPr().get_or_add_rFonts().set(qn("w:eastAsia"), CHINESE_FONT)
    paper.add_heading(_text(title), level=1)
    for sentence in sentences:
        paper.add_paragraph(_text(sentence))
    for table in tables:
        paper.add_heading(table.title, level=2)
        paper.add_paragraph(table.note)
        grid = paper.add_table(rows=1, cols=len(table.header), style="Light Grid")
        for cell, word in zip(grid.rows[0].cells, table.header, strict=True):
            cell.text = word
        for row in table.rows:
            cells = grid.add_row().cells
            for cell, value in zip(cells, row, strict=True):
                cell.text = _text(value)
    file = io.BytesIO()
    paper.save(file)
    return file.getvalue()


def _text(value: Cell) -> str:
    if value is None:
        return ""
    return f"{value:g}" if isinstance(value, float) else NOT_IN_XML.sub("\ufffd", str(value))
