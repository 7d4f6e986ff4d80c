"""Ward PCs run Chrome 109 (the last for Windows 7) and Firefox ESR 115: nothing newer is served."""

import re
from pathlib import Path

import pytest

from itops.views.answering.static_files import STYLESHEET, all_files
from tests.test_house import TEMPLATES, named

FILES = all_files()
SCRIPTS = sorted(name for name in FILES if name.endswith(".js"))

#: CSS that one of the two does not know.
NEWER_CSS = (
    r"color-mix\(|light-dark\(|\b(ok)?l(ab|ch)\(|[:\s]color\(|:has\(|:dir\(|:user-(in)?valid"
    r"|:popover-open|@container|container-(type|name)|@layer\s*[\w-]+\.|@scope|@property"
    r"|@starting-style|@view-transition|subgrid|text-wrap|text-box|field-sizing|interpolate-size"
    r"|calc-size\(|\banchor(-name|\()|position-(anchor|area|try)|(view|scroll)-timeline"
    r"|animation-timeline|content-visibility|[;{]mask(-image|-size)?:|\d(r?lh|cap|ric)\b"
    r"|[:\s(](round|rem|mod|sin|cos|tan|exp|linear)\(|scrollbar-(color|width)|&"
)
#: JavaScript that one of the two does not know.
NEWER_JS = (
    r"\.(toSorted|toReversed|toSpliced|isWellFormed|toWellFormed|isDisjointFrom|isSubsetOf"
    r"|symmetricDifference|showPopover|hidePopover|togglePopover|startViewTransition"
    r"|moveBefore|setHTMLUnsafe|getHTML|transferToFixedLength)\("
    r"|\b(Object|Map)\.groupBy\(|Array\.fromAsync|Promise\.(withResolvers|try)\("
    r"|URL\.(canParse|parse)\(|AbortSignal\.any\(|Iterator\.from|new Highlight\(|cookieStore\."
    r"|RegExp\.escape|Error\.isError|Math\.sumPrecise|\bawait using\b|\bscheduler\.\w+\("
    r"|/v[;,)\s.]|import\s*\([^)]*with:|document\.parseHTMLUnsafe|navigation\.navigate\("
)
#: Found, and fine: the script asks first whether there is such a thing.
ASKED_FIRST = {
    "vendor/htmx-2.0.11/htmx.min.js": {".moveBefore(", ".startViewTransition("},
}
#: HTML that one of the two does not know, or that does nothing without a script.
NEWER_HTML = r"<(search|dialog|selectedcontent)\b|\s(popover|popovertarget|commandfor|closedby)\b"


def found(pattern: str, text: str) -> set[str]:
    return {match.group(0) for match in re.finditer(pattern, text)}


def test_the_stylesheet_is_understood():
    assert found(NEWER_CSS, FILES[STYLESHEET].body.decode()) == set()


def test_no_rule_stands_inside_a_rule():
    """Nesting came with Chrome 112: only @media may hold rules."""
    depth: list[str] = []
    for text in re.findall(r"[^{}]*[{}]", FILES[STYLESHEET].body.decode()):
        if text.endswith("{"):
            assert all(outer.startswith("@") for outer in depth), text
            depth.append(text.strip())
        else:
            depth.pop()


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_script_is_understood(name):
    text = FILES[name].body.decode()
    assert found(NEWER_JS, text) - ASKED_FIRST.get(name, set()) == set()


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_script_runs_no_code_from_strings_unless_it_is_told_to(name):
    """The policy forbids it; htmx is told not to (allowEval) in templates/_head.html."""
    text = FILES[name].body.decode()
    allowed = {"htmx": {"Function(", "eval("}}.get(name.split("/")[-1].split(".")[0], set())
    assert found(r"\beval\(|\bFunction\(|\bnew Worker\(", text) - allowed == set()


@pytest.mark.parametrize("path", TEMPLATES, ids=named)
def test_a_template_is_understood(path: Path):
    assert found(NEWER_HTML, path.read_text("utf-8")) == set()


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        (NEWER_CSS, "a{color:color-mix(in srgb,red,blue)}"),
        (NEWER_CSS, "a:has(b){top:0}"),
        (NEWER_CSS, "@container (width>1px){a{top:0}}"),
        (NEWER_CSS, "h1{text-wrap:balance}"),
        (NEWER_CSS, "ul{grid-template-rows:subgrid}"),
        (NEWER_CSS, "a{color:light-dark(red,blue)}"),
        (NEWER_CSS, "a{color:oklch(40% .2 20)}"),
        (NEWER_JS, "rows.toSorted()"),
        (NEWER_JS, "Object.groupBy(rows,f)"),
        (NEWER_HTML, "<div popover>"),
        (NEWER_HTML, "<dialog open>"),
    ],
)
def test_what_is_looked_for_would_be_found(pattern, text):
    assert found(pattern, text)
