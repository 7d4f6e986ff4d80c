"""The page on OWASP's ASVS holds every requirement once, and points at what is there."""

import ast
import re
from collections import Counter
from dataclasses import dataclass

import pytest

from tests.test_house import ROOT

PAGE = ROOT / "docs/security/asvs.md"
#: One line a section of the standard: its number, and the level of each requirement in order.
LEVELS = ROOT / "tests/samples/asvs-5.0.0-levels.txt"
STATES = {"met", "does not apply", "not met"}
#: How many of each level are met, or do not apply for a reason, at least.
LEAST = {1: 65, 2: 145}
SECTION = re.compile(r"\[[^\]]+\]\(([\w./-]+)#([\w-]+)\)")
TEST = re.compile(r"`([\w/]+\.py)::(test_\w+)`")


@dataclass(frozen=True)
class Line:
    """A requirement, and what we say of it."""

    id: str
    level: int
    what: str
    state: str
    shown: str
    remark: str


def lines() -> list[Line]:
    rows = re.findall(r"^\| (V\d.*)\|$", PAGE.read_text("utf-8"), flags=re.MULTILINE)
    cells = [[cell.strip() for cell in row.split("|")] for row in rows]
    return [Line(name, int(level), *others) for name, level, *others in cells]


LINES = lines()


def wanted() -> dict[str, int]:
    """Return the level of each requirement of the first two levels."""
    sections = [line.split() for line in LEVELS.read_text().splitlines()]
    return {
        f"V{section}.{number}": int(level)
        for section, levels in sections
        for number, level in enumerate(levels, start=1)
        if level in "12"
    }


def slugs(path: str) -> set[str]:
    """Return the anchors of a page's headings, as GitHub makes them."""
    text = (PAGE.parent / path).read_text("utf-8")
    headings = re.findall(r"^#+ (.+)$", text, flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in headings}


def functions_of(path: str) -> set[str]:
    tree = ast.parse((ROOT / "tests" / path).read_text("utf-8"))
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


def test_every_requirement_has_one_line_with_its_level():
    assert [line for line, times in Counter(line.id for line in LINES).items() if times > 1] == []
    assert {line.id: line.level for line in LINES} == wanted()
    assert Counter(wanted().values()) == {1: 65, 2: 152}


@pytest.mark.parametrize("line", LINES, ids=lambda line: line.id)
def test_a_line_shows_its_test_or_section_or_says_why_not(line):
    assert line.state in STATES
    found, sections = TEST.findall(line.shown), SECTION.findall(line.shown)
    assert len(found) + len(sections) == len(line.shown.split(", ")) if line.shown else True
    assert [name for path, name in found if name not in functions_of(path)] == []
    assert [anchor for path, anchor in sections if anchor not in slugs(path)] == []
    assert found or sections if line.state == "met" else line.remark


@pytest.mark.parametrize("level", LEAST)
def test_as_many_are_met_or_do_not_apply_as_the_page_says(level):
    counted = Counter(line.state for line in LINES if line.level == level)
    said = f"| {level} | {counted.total()} | {counted['met']} | {counted['does not apply']} | "
    text = PAGE.read_text("utf-8")
    assert f"{said}{counted['not met']} |" in text
    assert f"**{LEAST[level]} of {counted.total()}**" in text
    assert counted["met"] + counted["does not apply"] >= LEAST[level]
