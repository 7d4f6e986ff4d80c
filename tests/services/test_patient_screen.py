"""The patient-data screen: what is masked, what is left alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from itops.services.patient_screen import is_id_number, screen

MASKED = [
    ("床12 11010519491231002X 打不出", "床12 110105********002X 打不出", ["id_number"]),
    ("11010519491231002x", "110105********002x", ["id_number"]),
    ("１１０１０５１９４９１２３１００２Ｘ", "１１０１０５********００２Ｘ", ["id_number"]),
    ("110105 19491231 002X", "110105**********002X", ["id_number"]),
    ("老证 110105491231002 的", "老证 110105*****1002 的", ["id_number"]),
    ("家属13800138000", "家属138******00", ["phone"]),
    ("+86 138-0013-8000", "+86************00", ["phone"]),
    ("座机0817-2345678", "座机081*******78", ["phone"]),
    ("028 87654321 和 13912345678", "028*******21 和 139******78", ["phone", "phone"]),
    ("(010)62345678", "(01********78", ["phone"]),
    ("12 11010519491231002X", "12 110105********002X", ["id_number"]),
    ("138 - 0013 - 8000", "138************00", ["phone"]),
    ("138\u20140013\u20148000", "138********00", ["phone"]),
    ("138\u00a00013\u00a08000", "138********00", ["phone"]),
    ("138.0013.8000", "138********00", ["phone"]),
    ("138\u200b0013\u200b8000", "138********00", ["phone"]),
    ("110105\u30001949\t1231--002X", "110105************002X", ["id_number"]),
]
LEFT_ALONE = [
    "",
    "分机 8312，3楼护士站",
    "110105194912310021",  # the check character is wrong
    "990105194912310024",  # no such province
    "资产 YJ-0020-000123，序列号 PF2A7788",
    "10.12.3.45 和 192.168.100.200",
    "192.168.100.11 和 172.16.111.111",
    "2026-11-23 10:06:00",
    "条码 6901234567892",
    "123456789012345678901234567890",
    "单号 20261123000123",
]


@pytest.mark.parametrize(("text", "shown", "kinds"), MASKED)
def test_numbers_of_people_are_masked(text, shown, kinds):
    found = screen(text)
    assert (found.text, found.masked) == (shown, kinds)


@pytest.mark.parametrize("text", LEFT_ALONE)
def test_other_numbers_are_left_alone(text):
    assert screen(text).text == text
    assert screen(text).masked == []


@given(st.text(), st.integers(0, 10**17 - 1), st.text())
def test_every_valid_number_is_hidden_in_any_text(before, digits, after):
    number = f"110105{19000101 + digits % 300:08}{digits % 1000:03}"
    number += next((x for x in "0123456789X" if is_id_number(number + x)), "")
    if is_id_number(number) and not before[-1:].isdigit() and after[:1] not in set("0123456789Xx"):
        assert number not in screen(f"{before}{number}{after}").text


@given(st.text(alphabet="0123456789-+ Xx８张", max_size=60))
def test_what_was_screened_has_nothing_left_and_keeps_its_length(text):
    once = screen(text)
    assert len(once.text) == len(text)
    assert screen(once.text).masked == []
