"""Importing: every row's fate before anything is written, then all of it or nothing."""

import io
import re
from datetime import timedelta
from pathlib import Path

import openpyxl
import pytest
from sqlalchemy import func, select, text

from itops.clock import utcnow
from itops.db import db
from itops.models import (
    Asset,
    AssetEvent,
    AuditEntry,
    Department,
    ImportDraft,
    Lifecycle,
    Location,
    Role,
)
from itops.services.places.paths import way_to, written
from tests import factories

LEDGERS = Path(__file__).parents[2] / "samples" / "ledgers"
HEADER = "资产编号,设备名称,使用科室,责任人,使用状态,购置日期,原值\n"


@pytest.fixture
def site(app):
    return factories.site(name="县人民医院")


@pytest.fixture
def head(sign_in):
    return sign_in(Role.HEAD)


def upload(client, site, content: bytes | str, name="台账.csv"):
    raw = content.encode("gbk") if isinstance(content, str) else content
    data = {"site_id": str(site.id), "file": (io.BytesIO(raw), name)}
    return client.post("/assets/import", data=data, content_type="multipart/form-data")


def uploaded(client, site, content: bytes | str) -> str:
    answer = upload(client, site, content)
    assert answer.status_code == 302, answer.text
    return str(answer.location)


def fates(client, address) -> dict[str, int]:
    page = client.get(address).text
    found = re.findall(r"(New|Changes|Same|Refused) (\d+)</a>", page)
    return {word: int(count) for word, count in found}


def count(model) -> int:
    return db.session.scalar(select(func.count()).select_from(model)) or 0


def look_with_places(client, address):
    page = client.get(address).text
    chosen = dict(re.findall(r'name="(column-\d+)".*?(?:value="(\w+)" selected|</select>)', page))
    client.post(f"{address}/columns", data=chosen | {"makes_places": "1"})


def test_a_dry_run_writes_nothing_and_applying_writes_every_row_with_one_entry(head, site):
    lab = factories.department(site=site, name="检验科")
    same = factories.asset(tag="PC-1", site=site, name="电脑", custodian="张伟")
    factories.asset(tag="PC-2", site=site, name="电脑", custodian="李娜")
    rows = (
        'PC-1,电脑,,张伟,,,\nPC-2,电脑,检验科,王芳,,,\nPC-3,打印机,检验科,,在用,2021.3.5,"4,500"\n'
    )
    address = uploaded(head, site, HEADER + rows)
    assert fates(head, address) == {"New": 1, "Changes": 1, "Same": 1, "Refused": 0}
    assert "李娜 → 王芳" in head.get(address).text
    assert (count(Asset), count(AssetEvent), count(AuditEntry)) == (2, 0, 0)
    done = head.post(f"{address}/apply", follow_redirects=True)
    page = done.text
    assert done.request.args["site"] == str(site.id)
    assert "Imported: 1 new, 1 changed, 1 the same" in page
    made = db.session.scalars(select(Asset).where(Asset.tag == "PC-3")).one()
    assert (made.type_key, made.price_fen, made.department_id) == ("printer", 450_000, lab.id)
    entry = db.session.scalars(select(AuditEntry)).one()
    assert entry.action == "asset.imported"
    assert entry.after is not None
    assert (entry.after["new"], entry.after["changed"]) == (1, 1)
    keys = db.session.scalars(select(AssetEvent.key).order_by(AssetEvent.asset_id)).all()
    assert keys == ["asset.event.updated_by_import", "asset.event.imported"]
    assert same.version == 1
    assert count(ImportDraft) == 0
    assert made.tag in head.get("/assets?q=dyj").text


def test_a_messy_ledger_is_read_as_its_writer_meant_it(head, site):
    content = (LEDGERS / "county-hospital-gbk.csv").read_bytes()
    address = uploaded(head, site, content)
    page = head.get(address).text
    assert "No department is called “收费处”" in page
    look_with_places(head, address)
    page = head.get(address).text
    assert fates(head, address) == {"New": 3, "Changes": 0, "Same": 0, "Refused": 3}
    for reason in ("The same tag as line 6", "This has to be filled in", "Write a date such as"):
        assert reason in page
    assert "Write an IP address" in page
    assert "“不知道” is not known" in page
    head.post(f"{address}/apply", data={"leave_out": "3"})
    assets = {asset.tag: asset for asset in db.session.scalars(select(Asset))}
    assert set(assets) == {"PC-0001", "PC-0002", "UPS-01"}
    first, ups = assets["PC-0001"], assets["UPS-01"]
    assert (first.ip_address, first.mac_address) == ("10.1.12.21", "00:1a:2b:3c:4d:5e")
    assert (first.custodian, first.vendor, first.price_fen) == ("张伟", "联想", 450_000)
    assert (str(first.purchased_on), str(first.warranty_until_on)) == ("2021-03-05", "2024-03-05")
    assert written(way_to(first.location), "zh_Hans") == "门诊楼 / 1F / 收费处"
    assert (ups.type_key, ups.lifecycle, ups.price_fen) == ("ups", Lifecycle.IN_REPAIR, 850_000)
    assert str(ups.warranty_until_on) == "2021-06-01"
    assert count(Department) == 3


def test_refused_rows_hold_back_all_until_the_person_leaves_them_out(head, site):
    address = uploaded(head, site, HEADER + "PC-1,电脑,,,,,\nPC-2,,,,,,\n")
    page = head.post(f"{address}/apply", follow_redirects=True).text
    assert "Nothing was written" in page
    head.post(f"{address}/apply", data={"leave_out": "2"})
    assert count(Asset) == 0
    head.post(f"{address}/apply", data={"leave_out": "1"})
    assert count(Asset) == 1


def test_an_asset_changed_since_the_preview_is_not_overwritten(head, site):
    asset = factories.asset(tag="PC-1", site=site, name="电脑")
    address = uploaded(head, site, HEADER + "PC-1,电脑,,王芳,,,\nPC-2,电脑,,,,,\n")
    asset.custodian = "李娜"
    factories.asset(tag="PC-2", site=site)
    db.session.commit()
    page = head.post(f"{address}/apply", follow_redirects=True).text
    assert "since the preview" in page
    assert (count(Asset), count(AuditEntry)) == (2, 0)
    look_with_places(head, address)
    assert fates(head, address)["Refused"] == 0


def test_a_fault_in_the_middle_leaves_nothing_half_done(head, site, app):
    address = uploaded(head, site, HEADER + "".join(f"PC-{n},电脑,,,,,\n" for n in range(100)))
    fault = (
        "CREATE TRIGGER fault BEFORE INSERT ON asset WHEN new.tag = 'PC-77'"
        " BEGIN SELECT RAISE(ABORT, 'the disk is gone'); END"
    )
    db.session.execute(text(fault))
    db.session.commit()
    app.testing, app.config["PROPAGATE_EXCEPTIONS"] = False, False
    try:
        assert head.post(f"{address}/apply").status_code >= 500
    finally:
        app.testing = True
        app.config["PROPAGATE_EXCEPTIONS"] = None
        db.session.execute(text("DROP TRIGGER fault"))
        db.session.commit()
    assert (count(Asset), count(AssetEvent), count(AuditEntry)) == (0, 0, 0)
    assert head.get("/assets?q=电脑").text.count("PC-") == 0
    head.post(f"{address}/apply")
    assert count(Asset) == 100


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_an_export_comes_back_as_all_the_same(kind, language, head, site):
    room = factories.location(
        site=site, name="收费处", parent=factories.location(site=site, name="门诊楼")
    )
    for number, words in enumerate(
        ("=1+1", "＝cmd", "-2", "@x", "'quoted", "𠮷 䶮", "无线", "a\nb")
    ):
        factories.asset(
            tag=f"PC-{number}",
            site=site,
            name=words.replace("\n", ""),
            notes=words,
            department=factories.department(site=site),
            location=room,
            price_fen=450_050,
            purchased_on=utcnow().date(),
            lifecycle=list(Lifecycle)[number % 7],
        )
    answer = head.get(f"/assets/export.{kind}", headers={"Accept-Language": language})
    content = answer.data
    assert fates(head, uploaded(head, site, content)) == {
        "New": 0,
        "Changes": 0,
        "Same": 8,
        "Refused": 0,
    }


def test_no_cell_of_an_export_is_a_formula_and_numbers_are_numbers(head, site):
    for number, start in enumerate("=+-@＝＋－＠"):
        factories.asset(tag=f"PC-{number}", site=site, name=f"{start}1", price_fen=450_000)
    sheet = openpyxl.load_workbook(io.BytesIO(head.get("/assets/export.xlsx").data)).worksheets[0]
    rows = list(sheet.iter_rows(min_row=2))
    assert {row[2].data_type for row in rows} == {"s"}
    assert all(str(row[2].value).startswith("'") for row in rows)
    assert {cell.value for row in rows for cell in row if cell.data_type == "n"} >= {4500}
    lines = head.get("/assets/export.csv").data.decode("utf-8-sig").splitlines()
    assert all(",'" in line for line in lines[1:])


def test_an_export_stays_in_its_readers_reach(sign_in, site):
    factories.asset(tag="NEAR-1", site=site)
    factories.asset(tag="FAR-1")
    officer = sign_in(Role.SITE_OFFICER, site=site)
    content = officer.get("/assets/export.csv").text
    assert "NEAR-1" in content
    assert "FAR-1" not in content
    assert sign_in(Role.DIRECTOR).get("/assets/export.csv").status_code == 403
    assert officer.get("/assets/export.exe").status_code == 404


@pytest.mark.parametrize("role", sorted(set(Role) - {Role.ENGINEER, Role.HEAD}))
def test_only_those_who_may_import_reach_it(role, sign_in, site):
    client = sign_in(role)
    assert client.get("/assets/import").status_code == 403
    assert upload(client, site, HEADER + "PC-1,电脑,,,,,\n").status_code == 403


def test_an_upload_is_its_uploaders_own_and_ends(head, sign_in, site):
    address = uploaded(head, site, HEADER + "PC-1,电脑,,,,,\n")
    other = sign_in(Role.HEAD)
    for path in (address, f"{address}9", "/assets/import/99999999999"):
        assert other.get(path).status_code == 404
        assert other.post(f"{path}/apply").status_code == 404
    draft = db.session.scalars(select(ImportDraft)).one()
    draft.ends_at = utcnow() - timedelta(seconds=1)
    db.session.commit()
    assert head.get(address).status_code == 404
    uploaded(head, site, HEADER + "PC-2,电脑,,,,,\n")
    assert count(ImportDraft) == 1


def test_rows_reach_no_further_than_their_uploader(sign_in, site):
    engineer = sign_in(Role.ENGINEER, site=site)
    elsewhere = factories.site(name="别的医院")
    factories.asset(tag="PC-9", site=elsewhere, name="电脑")
    content = (
        "资产编号,设备名称,单位,使用科室\nPC-9,电脑,,\nPC-1,电脑,别的医院,\nPC-2,电脑,,新科室\n"
    )
    address = uploaded(engineer, site, content)
    look_with_places(engineer, address)
    page = engineer.get(address).text
    assert fates(engineer, address)["Refused"] == 3
    assert "It is out of your range" in page
    assert "No site in your range is called “别的医院”" in page
    assert "takes the permission to manage places" in page
    assert upload(engineer, elsewhere, HEADER + "PC-1,电脑,,,,,\n").status_code == 404
    assert (count(Department), count(Location)) == (0, 0)


def test_a_move_that_no_asset_makes_is_refused_in_a_ledger_too(head, site):
    factories.asset(tag="PC-1", site=site, name="电脑", lifecycle=Lifecycle.DISPOSED)
    address = uploaded(head, site, HEADER + "PC-1,电脑,,,在用,,\n")
    assert "cannot become in service" in head.get(address).text


def test_a_dropped_upload_is_gone(head, site):
    address = uploaded(head, site, HEADER + "PC-1,电脑,,,,,\n")
    head.post(f"{address}/drop")
    assert (count(ImportDraft), count(Asset)) == (0, 0)


def test_a_column_is_not_filled_twice_nor_with_a_field_that_is_not_ours(head, site):
    address = uploaded(head, site, HEADER + "PC-1,电脑,,,,,\n")
    for chosen in ({"column-0": "name", "column-1": "name"}, {"column-0": "is_demo"}, {}):
        head.post(f"{address}/columns", data=chosen)
    assert fates(head, address)["New"] in {0, 1}


def test_a_file_that_is_none_is_refused_at_its_field(head, site):
    answer = upload(head, site, b"\xd0\xcf\x11\xe0", "old.xls")
    assert answer.status_code == 400
    assert "old Excel file" in answer.text


def test_nothing_of_a_ledger_runs_in_the_page(head, site):
    canary = '<img src=x onerror="alert(1)">'
    content = f"资产编号,设备名称,责任人,{canary}\nPC-1,{canary.replace(chr(34), '')},<b>,x\n"
    page = head.get(uploaded(head, site, content)).text
    assert "<img" not in page
    assert "&lt;img" in page
