"""Search: words of two characters, pinyin, parts of identifiers, scope, and staying up to date."""

import pytest

from itops import create_app
from itops.auth.scopes import Reach
from itops.config import Settings
from itops.db import db
from itops.models import Asset, Department, Host, HostIdentifier
from itops.services.search import finding as searching
from itops.services.search import index as search_index
from itops.services.search.index import Kind
from itops.services.search.words import queried, words_of
from itops.services.upgrading import upgrade
from tests import factories

EVERYWHERE = Reach(everywhere=True, site_ids=frozenset(), department_ids=frozenset())
pytestmark = pytest.mark.both_databases


@pytest.fixture
def searched(database_url, tmp_path):
    """An app on each database in turn, with the index of words that it has there."""
    app = create_app(Settings(data_dir=tmp_path, database_url=database_url_of(database_url)))
    with app.app_context():
        upgrade(db.engine)
        yield app
        db.session.remove()
        db.engine.dispose()


def database_url_of(address: str) -> str:
    return address.replace("postgresql://", "postgresql+psycopg://")


def found(typed: str, kind: Kind = Kind.ASSET, within: Reach = EVERYWHERE) -> list[int]:
    return searching.find(kind, typed, within=within)


TYPED = [
    "检验",
    "检验科电脑",
    "张伟",
    "zhangwei",
    "zhangw",
    "zw",
    "jyk",
    "diannao",
    "LIS-SRV",
    "lissrv01",
    "srv",
    "10.1.12",
    "10.1.12.21",
    "aa:bb:cc",
    "AABBCC",
    "7788",
    "ＬＩＳ－ＳＲＶ－０１",
    "检验 张伟 lis",
    "Lenovo",
    "𠮷",
]
NO_WORDS = ["", "  ", "*", "' OR 1=1 --", '"', "=site_id:1", "\x00", "%", "验检"]


def test_an_asset_is_found_by_what_people_type(searched):
    wanted = factories.asset(
        tag="LIS-SRV-01",
        name="检验科电脑",
        custodian="张伟",
        vendor="Lenovo",
        model="𠮷屋 M720",
        serial="PF-2A7788",
        ip_address="10.1.12.21",
        mac_address="aa:bb:cc:00:11:22",
    )
    factories.asset(tag="PC-9", name="收费处打印机", custodian="李强", ip_address="10.2.1.2")
    assert {typed: found(typed) for typed in TYPED} == {typed: [wanted.id] for typed in TYPED}


def test_what_is_no_word_of_anything_finds_nothing(searched):
    factories.asset(name="检验科电脑")
    assert {typed: found(typed) for typed in NO_WORDS} == {typed: [] for typed in NO_WORDS}


def test_a_place_that_nobody_could_have_typed_is_no_place_of_anything(searched):
    """An address may hold any text where a type's key belongs."""
    factories.asset(name="检验科电脑")
    for key in ("work station", 'a"b', "a\r\nSet-Cookie: b", "*", ""):
        also = searching.belongs(type_key=key)
        assert searching.find(Kind.ASSET, "检验", within=EVERYWHERE, also=also) == []


def test_an_asset_is_found_by_its_department_and_after_that_is_renamed(searched):
    site = factories.site()
    department = factories.department(site=site, name="内科")
    asset = factories.asset(site=site, department=department)
    assert found("内科") == [asset.id]
    department.name = "肿瘤中心"
    db.session.flush()
    assert found("内科") == []
    assert found("肿瘤") == [asset.id]


def test_a_change_is_found_in_its_own_transaction_and_gone_with_it(searched):
    asset = factories.asset(name="旧名字")
    db.session.commit()
    asset.name = "新名字"
    db.session.flush()
    assert found("新名") == [asset.id]
    db.session.rollback()
    assert found("新名") == []
    assert found("旧名") == [asset.id]


def test_what_is_deleted_is_not_found(searched):
    asset = factories.asset(name="检验科电脑")
    db.session.delete(asset)
    db.session.flush()
    assert found("检验") == []


def test_a_search_stays_within_reach(searched):
    here, there = factories.site(), factories.site()
    ward = factories.department(site=there)
    mine = factories.asset(site=here, name="检验科电脑")
    wards = factories.asset(site=there, department=ward, name="检验科电脑")
    factories.asset(site=there, name="检验科电脑")

    def reach(sites: set[int], departments: set[int]) -> Reach:
        return Reach(False, frozenset(sites), frozenset(departments))

    assert found("检验", within=reach({here.id}, set())) == [mine.id]
    assert found("检验", within=reach({here.id}, {ward.id})) == [wards.id, mine.id]
    assert found("检验", within=reach(set(), set())) == []


def test_a_host_is_found_by_name_address_and_marks(searched):
    host = factories.host(name="LIS-SRV-01", address="10.1.12.21", site=factories.site())
    host.identifiers.append(HostIdentifier(kind="serial", value="PF2A7788"))
    db.session.flush()
    for typed in ("lis", "10.1.12", "PF2A", "7788"):
        assert found(typed, Kind.HOST) == [host.id]


def test_an_index_that_was_lost_is_made_anew(searched):
    asset = factories.asset(name="检验科电脑")
    host = factories.host(name="LIS-SRV-01")
    search_index.clear(db.session.connection())
    assert found("检验") == []
    assert searching.rebuild() == 2
    assert found("检验") == [asset.id]
    assert found("lis", Kind.HOST) == [host.id]


def test_everything_watched_is_a_real_attribute():
    for model, names in searching.WATCHED.items():
        assert all(hasattr(model, name) for name in names)
    assert {Asset, Host, Department} <= set(searching.WATCHED)


def test_a_long_query_is_cut():
    assert len(queried("一二三四五六七八九十甲乙丙丁戊己庚辛" * 9)) == 12
    assert max(map(len, words_of(["x" * 500]))) == 60
