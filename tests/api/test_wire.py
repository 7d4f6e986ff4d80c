"""The one door for JSON: what it lets in is plain, bounded and means one thing."""

import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from itops.api import opening, plainness, wire
from itops.api.wire import Bounds
from itops.checks.host_report import Health
from itops.errors import Invalid
from tests.api.reporting import disk, health

BOUNDS = Bounds(depth=4, nodes=20, string=10)


@pytest.mark.parametrize(
    ("body", "key"),
    [
        (b"", "wire.not_json"),
        (b"\xef\xbb\xbf{}", "wire.not_json"),
        ('{"a":1}'.encode("utf-16"), "wire.not_json"),
        (b'{"a":NaN}', "wire.not_json"),
        (b'{"a":1e999}', "wire.not_json"),
        (b'{"a":"\\ud800"}', "wire.not_json"),
        (b'{"a":"\xed\xa0\x80"}', "wire.not_json"),
        (b'{"a":"\\u0000"}', "wire.nul"),
        (b'{"a\\u0000":1}', "wire.nul"),
        (b'{"a":9223372036854775808}', "wire.number"),
        (b'{"a":1,"\\u0061":2}', "wire.duplicate"),
        (b'{"a":"' + b"x" * 11 + b'"}', "wire.too_long"),
        (b"[[[[[1]]]]]", "wire.too_deep"),
        (b"[" * 3000 + b"]" * 3000, "wire.too_deep"),
        (b"[" + b"1," * 30 + b"1]", "wire.too_many"),
    ],
)
def test_what_trips_later_readers_is_refused_by_name(body, key):
    with pytest.raises(Invalid) as error:
        wire.checked(body, BOUNDS)
    assert error.value.message.key == key


def test_text_of_every_script_passes_as_it_is():
    for text in ("𠮷野家", "é", "a\u200bb", "שלום", "<b>&amp;"):
        assert wire.checked(json.dumps([text]).encode(), BOUNDS) == [text]


@given(
    st.lists(st.sampled_from(['"users":3', '"a\\"b":1', '"x":":"', '"users" :3', "1"]), max_size=2)
)
def test_a_key_that_stands_twice_never_passes_as_plain(additions):
    text = json.dumps(health(1))[:-1] + "".join(f",{part}" for part in additions) + "}"
    try:
        report = opening._report(text.encode(), plainness.strings_of(text.encode()))
    except Invalid:
        assert additions
    else:
        assert additions == []
        assert isinstance(report, Health)
        assert report.users == 2


@given(
    st.lists(st.sampled_from(['"users":3', '"a\\"b":1', '"x":":"', '"users" :3']), max_size=2),
    st.sampled_from(["", '"agent":"2",', '"kind":"health",']),
)
def test_nothing_that_stands_twice_hides_among_the_reports_of_a_body(additions, around):
    texts = [json.dumps(health(seq)) for seq in (1, 2, 3)]
    texts[1] = texts[1][:-1] + "".join(f",{part}" for part in additions) + "}"
    head = json.dumps({"schema": 1, "spool": "a" * 32, "machine": "b" * 64, "agent": "1"})
    body = f'{head[:-1]},"sent_at":1,{around}"reports":[{",".join(texts)}]}}'
    try:
        _, good, refused = opening.opened(body.encode())
    except Invalid:
        assert around
    else:
        assert not around
        assert [report.seq for report, _ in good] == ([1, 3] if additions else [1, 2, 3])
        assert [refusal.seq for refusal in refused] == ([2] if additions else [])


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"load": None, "swap": None, "battery": None, "disk_io": None, "network": None},
        {"battery": {"percent": 1, "plugged": None, "seconds_left": None}, "disks": []},
        {"services": [{"name": "数据库", "state": "running"}], "disks": [disk("C:\\")]},
        {"disks": [{"mount": "/m", "device": "x", "fstype": "nfs", "state": "timeout"}]},
    ],
)
def test_a_good_report_takes_the_quick_way(given):
    text = json.dumps(health(1, **given), ensure_ascii=False).encode()
    report = msgspec.json.decode(text, type=Health)
    assert plainness.strings_of(text) == plainness.expected_strings(report)
