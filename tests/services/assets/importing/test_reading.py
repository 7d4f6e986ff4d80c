"""Reading ledgers: every encoding and separator they come in, and what is refused."""

import io
import zipfile
from contextlib import suppress
from datetime import date
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from itops.errors import Refused
from itops.services.assets.importing import headers, reading
from itops.services.assets.importing.reading import MOST_ROWS, read

LEDGERS = Path(__file__).parents[3] / "samples" / "ledgers"
TABLE = "资产编号,设备名称\nA1,打印机\n"


def book(*rows: list[object]) -> bytes:
    made = openpyxl.Workbook()
    for row in rows:
        made.worksheets[0].append(row)
    file = io.BytesIO()
    made.save(file)
    return file.getvalue()


def zipped(**parts: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in parts.items():
            made.writestr(name.replace("__", "/") + ".xml", content)
    return file.getvalue()


def key_of(content: bytes) -> str:
    with pytest.raises(Refused) as refused:
        read(content)
    return refused.value.message.key


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "gb18030", "utf-16"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_csv_is_read_in_every_encoding_and_separator(encoding, separator):
    [sheet] = read(TABLE.replace(",", separator).encode(encoding))
    assert [cells for _, cells in sheet.rows] == [["资产编号", "设备名称"], ["A1", "打印机"]]


def test_a_real_looking_ledger_is_read_under_its_titles():
    [sheet] = read((LEDGERS / "county-hospital-gbk.csv").read_bytes())
    _, top = headers.find_header([sheet])
    assert sheet.read_as == "gb18030"
    assert sheet.rows[top][0] == 3
    fields = headers.fields_of(sheet.rows[top][1])
    assert fields == [
        *("", "tag", "name", "department_id", "location_id", "model", "vendor", "purchased_on"),
        *("price_fen", "ip_address", "mac_address", "", "custodian", "warranty_until_on"),
        *("lifecycle", "notes"),
    ]


def test_excel_days_stay_days_numbers_stay_whole_and_formulas_are_not_run():
    content = book(
        ["资产编号", "购置日期", "原值", "备注"],
        [10001, date(2021, 3, 5), 4500.0, "=1+1"],
    )
    [sheet] = read(content)
    assert sheet.rows[1][1] == ["10001", "2021-03-05", "4500"]


def test_the_sheet_with_the_best_header_is_taken():
    made = openpyxl.Workbook()
    made.worksheets[0].append(["说明"])
    made.create_sheet("台账").append(["资产编号", "设备名称", "使用科室"])
    file = io.BytesIO()
    made.save(file)
    sheet, _ = headers.find_header(read(file.getvalue()))
    assert sheet.read_as == "xlsx: 台账"


@pytest.mark.parametrize(
    ("content", "key"),
    [
        (b"", "import.empty"),
        (b" \r\n ", "import.empty"),
        (b"\xd0\xcf\x11\xe0 old", "import.old_excel"),
        (b"PK\x03\x04 broken", "import.unreadable"),
        (zipped(word__document=b"<w/>"), "import.unreadable"),
        (zipped(xl__workbook=b"<broken"), "import.unreadable"),
        (b"a,b\n\x00,c\n", "import.unreadable"),
        (b"x" * (reading.MOST_BYTES + 1), "import.too_big"),
        (b"a," + b"x" * 200_000, "import.unreadable"),
        (b"t\n" + b"1\n" * (MOST_ROWS + 50), "import.too_many_rows"),
    ],
)
def test_what_is_no_ledger_is_refused_with_the_reason(content, key):
    assert key_of(content) == key


A_FILE = "file:" + "///etc/passwd"


@pytest.mark.parametrize(
    "entity",
    [f'SYSTEM "{A_FILE}"', 'SYSTEM "http://127.0.0.1:1/x"', f'"{"ha" * 400}"'],
)
def test_nothing_outside_of_a_book_is_read_and_nothing_in_it_grows(entity):
    """An entity of a sheet's XML: a file of the server, an address, and what would be repeated."""
    good = io.BytesIO(book(["资产编号", "设备名称"], ["A1", "打印机"]))
    file = io.BytesIO()
    with zipfile.ZipFile(good) as old, zipfile.ZipFile(file, "w") as new:
        for name in old.namelist():
            text = old.read(name).decode()
            if name.endswith(".xml"):
                text = text.replace("打印机", "&e;")
                text = f"<!DOCTYPE x [<!ENTITY e {entity}>]>" + text.partition("?>")[2].lstrip()
            new.writestr(name, text)
    told = ""
    with suppress(Refused):
        told = str(read(file.getvalue()))
    assert "root:" not in told
    assert "haha" not in told


def test_a_zip_bomb_is_refused_before_it_is_unpacked():
    assert key_of(zipped(xl__workbook=b"\0" * (100 * 1024 * 1024))) == "import.bomb"
    same = b"<si><t>a</t></si>" * 200_000
    assert key_of(zipped(xl__workbook=b"", xl__sharedStrings=same)) == "import.bomb"
    many = {f"part{number}": b"" for number in range(500)}
    assert key_of(zipped(**many)) == "import.bomb"


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=300) | st.binary(max_size=200).map(lambda tail: b"PK\x03\x04" + tail))
def test_no_bytes_whatever_break_the_reader(content):
    try:
        sheets = read(content)
    except Refused:
        return
    headers.find_header(sheets)


@pytest.mark.parametrize(
    ("header", "field"),
    [
        ("资产编号*", "tag"),
        (" ＩＰ 地址 ", "ip_address"),
        ("原值(元)", "price_fen"),
        ("S/N", "serial"),
        ("Purchase date", "purchased_on"),
        ("保修期至", "warranty_until_on"),
        ("Department", "department_id"),
        ("序号", ""),
        ("", ""),
    ],
)
def test_a_header_is_known_by_what_people_call_it(header, field):
    assert headers.fields_of([header]) == [field]
