"""Reports as files: whatever a name holds, the file opens."""

import io

import openpyxl
import pytest
from docx import Document

from itops.documents.reports import Table, letter, workbook


@pytest.mark.parametrize("name", ["检验\uffff科", "\ufffe", "a\x0bb", "\x1b[31m", "=1+1", "\u202e"])
def test_a_name_with_any_character_leaves_a_file_that_opens(name):
    table = Table("Title", "note", ["head"], [[name]])
    word = Document(io.BytesIO(letter("Month", [name], [table])))
    assert len(word.tables[0].rows) == 2
    book = openpyxl.load_workbook(io.BytesIO(workbook([table])))
    assert book["Title"].cell(5, 1).data_type == "s"
