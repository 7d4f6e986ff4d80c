"""What parameters may be, and what never leaves the door."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from itops.checks.catalogue import CHECKS
from itops.checks.parameters import as_json, asked_by, read
from itops.errors import Invalid

WELL: dict[str, list[dict[str, Any]]] = {
    "disk": [{}, {"mount": "/srv/pacs archive"}, {"mount": ""}],
    "service": [
        {"unit": "ssh"},
        {"unit": "getty@tty1.service"},
    ],
    "process": [{"process": "mysqld"}, {"process": "java", "least": "2", "most": 5}],
    "file": [{"path": "/备份/a b"}, {"path": "/srv", "pattern": "his-*.dump"}],
    "plugin": [
        {"plugin": "check_disk", "arguments": "-w 20% -c '10 %' -p /"},
        {"plugin": "check_disk", "arguments": ["-w", "20%"]},
    ],
    "tcp": [{"port": "22"}, {"port": " 22 "}, {"port": 65535, "timeout_seconds": "0.5"}],
    "http": [
        {},
        {"is_tls": "no", "port": 80, "path": "/a?b=c", "contains": "门诊", "status": "302"},
    ],
    "tls": [{"host_name": "his.hospital.example", "must_be_trusted": False}],
    "ups_nut": [{"ups": "ups-1"}],
    "ups_snmp": [{"port": 1161}],
}
REFUSED = [
    ("disk", "mount", "srv"),
    ("disk", "mount", "/a\nb"),
    ("disk", "mount", "/a\0"),
    ("disk", "mount", "/\ud800"),
    ("disk", "mount", "/" + "x" * 1000),
    ("disk", "mount", 5),
    ("disk", "another", "x"),
    ("service", "unit", "-x"),
    ("service", "unit", "a b"),
    ("service", "unit", "ssh;id"),
    ("process", "process", "a/b"),
    ("process", "least", "-1"),
    ("process", "least", "1.5"),
    ("process", "least", "1e3"),
    ("process", "least", "१"),
    ("process", "least", True),
    ("file", "path", "../etc/passwd"),
    ("file", "pattern", "a/b"),
    ("file", "pattern", "-delete"),
    ("plugin", "plugin", "../../bin/sh"),
    ("plugin", "plugin", ".hidden"),
    ("plugin", "arguments", "'unbalanced"),
    ("plugin", "arguments", ["a\nb"]),
    ("plugin", "arguments", ["x"] * 41),
    ("plugin", "arguments", [5]),
    ("plugin", "arguments", {"a": 1}),
    ("tcp", "port", "0"),
    ("tcp", "port", "65536"),
    ("tcp", "port", [22]),
    ("tcp", "timeout_seconds", "nan"),
    ("tcp", "timeout_seconds", "1e9"),
    ("http", "path", "a"),
    ("http", "path", "/a b"),
    ("http", "path", "/a\r\nHost: x"),
    ("http", "host_name", "a b"),
    ("http", "host_name", "a\r\nb"),
    ("http", "host_name", "x" * 64),
    ("http", "is_tls", "maybe"),
    ("ups_nut", "ups", "a b"),
    ("ups_nut", "ups", "a\nLIST UPS"),
]
NEEDED: dict[str, dict[str, Any]] = {
    "service": {"unit": "x"},
    "process": {"process": "x"},
    "file": {"path": "/x"},
}
NEEDED |= {"plugin": {"plugin": "x"}, "tcp": {"port": 1}}


@pytest.mark.parametrize(
    ("kind", "given"), [(kind, given) for kind, sets in WELL.items() for given in sets]
)
def test_what_keeps_the_grammar_is_read_and_read_back(kind, given):
    params = read(CHECKS[kind].params, given)
    assert read(CHECKS[kind].params, as_json(params)) == params


@pytest.mark.parametrize(("kind", "name", "value"), REFUSED)
def test_what_breaks_the_grammar_is_refused_by_name(kind, name, value):
    with pytest.raises(Invalid) as problem:
        read(CHECKS[kind].params, {**NEEDED.get(kind, {}), name: value})
    assert [error.field for error in problem.value.fields] == [name]


def test_what_is_needed_must_be_given():
    with pytest.raises(Invalid) as problem:
        read(CHECKS["file"].params, {"pattern": "x"})
    assert [(error.field, error.message.key) for error in problem.value.fields] == [
        ("path", "check.rule.required")
    ]


@settings(deadline=None)
@given(
    kind=st.sampled_from(sorted(CHECKS)),
    value=st.one_of(
        st.text(),
        st.integers(),
        st.floats(),
        st.none(),
        st.booleans(),
        st.lists(st.text()),
        st.dictionaries(st.text(), st.text()),
    ),
    data=st.data(),
)
def test_whatever_is_given_is_read_or_refused(kind, value, data):
    params = CHECKS[kind].params
    names = [one.name for one in asked_by(params)] or ["x"]
    name = data.draw(st.sampled_from(names))
    wrong: list[str] = []
    try:
        read(params, {**NEEDED.get(kind, {}), name: value})
    except Invalid as problem:
        wrong = [error.field for error in problem.fields]
    assert wrong in ([], [name])
