"""The table of checks is whole: a module each, words in both languages, figures that we know."""

import ast
import dataclasses
import json
import re
from datetime import UTC
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from itops.checks.answers import (
    HttpAnswer,
    NutAnswer,
    Output,
    SnmpAnswer,
    TcpAnswer,
    TlsAnswer,
)
from itops.checks.base import Limits, State
from itops.checks.catalogue import CHECKS
from itops.checks.kind import conclude, limits_as_json, limits_of, read_limits, unknown
from itops.checks.metrics import FAMILIES
from itops.checks.parameters import asked_by, rule_of
from itops.checks.questions import Command, Transport
from itops.errors import Invalid, Message
from itops.i18n import LANGUAGES, catalogue, say
from itops.remote import errors
from tests.test_house import PRODUCT, ROOT, named

KINDS = list(CHECKS.values())
FOLDER = ROOT / "itops/checks/kinds"
EXAMPLES: dict[str, dict[str, Any]] = {
    "service": {"unit": "ssh"},
    "process": {"process": "mysqld"},
    "file": {"path": "/srv/x"},
    "plugin": {"plugin": "check_load"},
    "tcp": {"port": 22},
}


def question_of(kind):
    return kind.ask(kind.params(**EXAMPLES.get(kind.name, {})))


def test_every_module_of_the_folder_stands_in_the_table_under_its_own_name():
    assert set(CHECKS) == {path.stem for path in FOLDER.glob("*.py")} - {"__init__"}


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_a_check_has_words_for_all_that_a_person_may_set(kind):
    keys = [
        kind.key,
        *(one.key for one in asked_by(kind.params)),
        *(one.key for one in kind.limits),
    ]
    keys += [f"metric.{name}" for name in kind.metrics]
    for language in LANGUAGES:
        assert [key for key in keys if key not in catalogue(language).sentences] == []
        for one in asked_by(kind.params):
            assert say(rule_of(one.grammar), language) != one.grammar.rule


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_a_check_carries_figures_of_known_families(kind):
    assert set(kind.metrics) <= set(FAMILIES)
    assert all(dataclasses.is_dataclass(part) for part in (kind.params, question_of(kind)))


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_a_check_opens_with_what_it_asks_and_shows_a_sample(kind):
    tree = ast.parse((FOLDER / f"{kind.name}.py").read_text("utf-8"))
    assert ast.get_docstring(tree)
    parse = next(
        node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == "parse"
    )
    assert "eturn" in (ast.get_docstring(parse) or "")


@pytest.mark.parametrize(
    "kind", [kind for kind in KINDS if kind.transport is Transport.SSH], ids=lambda kind: kind.name
)
def test_a_command_is_a_constant_that_only_reads(kind):
    question = question_of(kind)
    assert isinstance(question, Command)
    source = (FOLDER / f"{kind.name}.py").read_text("utf-8")
    values = [
        node.value
        for node in ast.parse(source).body
        if isinstance(node, ast.Assign) and node.targets[0].id == "COMMAND"  # type: ignore[attr-defined]
    ]
    assert [isinstance(value, ast.Constant) for value in values] == [True]
    writes = re.compile(r">(?!&|\s*/dev/null)(?!/dev/null)|\brm\b|\btee\b|\bkill\b|\beval\b|`")
    assert writes.findall(question.script.replace(">&2", "")) == []
    # An argument stands within double quotes, or it would be split and expanded.
    unquoted = re.sub(r'"[^"]*"', "", question.script)
    assert re.findall(r"\$[1-9@*]", unquoted) == []


def test_every_reason_why_a_machine_cannot_be_asked_has_a_sentence():
    reasons = {
        one.key
        for one in vars(errors).values()
        if isinstance(one, type) and issubclass(one, errors.RemoteError)
    }
    assert len(reasons) > 12
    for language in LANGUAGES:
        assert reasons - set(catalogue(language).sentences) == set()


def test_a_machine_that_could_not_be_asked_is_unknown():
    finding = unknown(CHECKS["disk"], errors.TimedOut("banner"))
    assert (finding.name, finding.state) == ("disk", State.UNKNOWN)
    assert say(finding.message, "en") == "Out of time while waiting for the greeting"


@pytest.mark.parametrize(
    ("library", "places"),
    [
        ("paramiko", {"itops/remote/ssh/"}),
        ("pysnmp", {"itops/remote/snmp.py"}),
    ],
)
def test_a_library_has_one_door(library, places):
    importing = {
        named(path)
        for path in PRODUCT
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Import | ast.ImportFrom)
        and library in {name.split(".")[0] for name in imported(node)}
    }
    assert importing
    assert {name for name in importing if not name.startswith(tuple(places))} == set()


def imported(node: ast.Import | ast.ImportFrom) -> list[str]:
    if isinstance(node, ast.ImportFrom):
        return [node.module or ""]
    return [alias.name for alias in node.names]


def test_limits_are_stored_and_read_back():
    kind = CHECKS["disk"]
    given = {"space": [80, None]}
    found = read_limits(kind, given)
    assert found == {"space": Limits(80, None), "inodes": Limits(95, 97)}
    assert read_limits(kind, limits_as_json(found)) == found


@pytest.mark.parametrize(
    ("kind", "given"),
    [
        ("disk", {"space": [95, 80]}),
        ("disk", {"space": ["a", 1]}),
        ("disk", {"space": [1]}),
        ("disk", {"space": None}),
        ("disk", {"space": [float("nan"), 1]}),
        ("disk", {"space": [1, 1e300]}),
        ("disk", {"no_such": [1, 2]}),
        ("tls", {"days_left": [7, 30]}),
    ],
)
def test_limits_that_cannot_be_meant_are_refused_by_name(kind, given):
    with pytest.raises(Invalid) as problem:
        read_limits(CHECKS[kind], given)
    assert [error.field for error in problem.value.fields] == list(given)


def test_a_limit_of_what_is_worse_when_low_runs_the_other_way():
    field = CHECKS["tls"].limits[0]
    assert limits_of(field, [30, 7]) == Limits(30, 7)
    assert Limits(30, 7).grade_low(30) is State.OK
    assert Limits(30, 7).grade_low(29.9) is State.WARNING
    assert Limits(30, 7).grade_low(6.9) is State.CRITICAL


PIECES = st.one_of(
    st.text(max_size=60),
    st.sampled_from(
        [
            "\n", " ", "\t", "0", "-1", "1", "99999999999999999999", "nan", "1e999", "%", "/",
            "inodes", "end", "directory", "PID", "/dev/sda1", "=", "LoadState=loaded",
            "ActiveState=active", "SubState=x", "1795405360", ".%N", "|a=1;2;3", "'", "\x00",
        ]
    ),
)  # fmt: skip
TEXTS = st.lists(PIECES, max_size=40).map("".join)
OUTPUTS = st.builds(
    Output,
    stdout=TEXTS,
    stderr=TEXTS,
    exit_code=st.integers(-1, 255),
    seconds=st.floats(0, 60),
    sent_at=st.datetimes(timezones=st.just(UTC)),
    is_truncated=st.booleans(),
    encoding=st.sampled_from(["utf-8", "gb18030", ""]),
)
NAMES = st.sampled_from(
    ["ups.status", "battery.charge", "battery.runtime", "ups.load", "ups.alarm", "input.voltage"]
)
WORDS = st.one_of(TEXTS, st.sampled_from(["OL", "OB LB", "WAIT", "255", "-232", "1e5", "nan"]))
OIDS = st.sampled_from(
    [
        f"1.3.6.1.2.1.33.1.{end}"
        for end in ("2.1.0", "2.3.0", "4.1.0", "4.4.1.5.1", "6.1.0", "7.3.0")
    ]
)
WHYS = st.none() | st.just(Message("remote.port_closed"))
MOMENTS = st.datetimes(timezones=st.just(UTC))
ANSWERS = {
    Transport.SSH: OUTPUTS,
    Transport.TCP: st.builds(TcpAnswer, st.floats(0, 60), WHYS),
    Transport.HTTP: st.builds(
        HttpAnswer, st.floats(0, 60), st.integers(0, 999), TEXTS, st.booleans(), WHYS
    ),
    Transport.TLS: st.builds(TlsAnswer, MOMENTS, st.none() | MOMENTS, TEXTS, TEXTS, WHYS, WHYS),
    Transport.NUT: st.builds(NutAnswer, st.dictionaries(NAMES, WORDS), st.just("") | TEXTS),
    Transport.SNMP: st.builds(SnmpAnswer, st.dictionaries(OIDS, st.integers() | TEXTS)),
}


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
@settings(deadline=None)
@given(data=st.data())
def test_no_answer_breaks_a_check(kind, data):
    """Whatever comes back is judged or unknown, and says so in both languages."""
    answer = data.draw(ANSWERS[kind.transport])
    params = kind.params(**EXAMPLES.get(kind.name, {}))
    finding = conclude(kind, answer, params, {})
    assert finding.name == kind.name
    assert json.loads(finding.text)["state"] == finding.state
    for language in LANGUAGES:
        assert say(finding.message, language) != finding.message.key
