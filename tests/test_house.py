"""The rules of the house that no linter knows."""

import ast
import configparser
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PRODUCT = [*ROOT.glob("itops/**/*.py"), *ROOT.glob("agents/itops_agent/**/*.py")]
REVISIONS = ROOT / "itops/migrations"
SOURCES = [
    path
    for path in [
        *PRODUCT,
        *ROOT.glob("*.py"),
        *ROOT.glob("tests/**/*.py"),
        *ROOT.glob("tools/*.py"),
    ]
    if not path.is_relative_to(REVISIONS)
]
TEMPLATES = [path for path in ROOT.glob("templates/**/*") if path.suffix in {".html", ".svg"}]


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


def test_no_file_outgrows_a_reader():
    grown = {named(path): len(path.read_text("utf-8").splitlines()) for path in SOURCES}
    assert {name: lines for name, lines in grown.items() if lines > 300} == {}


def test_every_module_opens_with_a_sentence():
    def opening(path: Path) -> str:
        return (ast.get_docstring(ast.parse(path.read_text("utf-8"))) or "").split("\n\n")[0]

    written = [path for path in SOURCES if path.read_text("utf-8") or path in PRODUCT]
    assert [named(path) for path in written if not opening(path).endswith((".", ":", "?"))] == []


def test_no_module_is_a_drawer_for_odds_and_ends():
    drawers = {"utils", "helpers", "common", "misc", "util", "helper"}
    assert [named(path) for path in SOURCES if drawers & {path.stem, path.parent.name}] == []


def test_nothing_is_left_to_be_done_later():
    # Spelt so that this file does not find itself.
    later = re.compile(r"\b(TO" + "DO|FIX" + r"ME|XX" + r"X)\b")
    assert [named(path) for path in SOURCES + TEMPLATES if later.search(path.read_text())] == []


def test_every_package_is_listed_for_the_wheel():
    """setup.cfg lists packages by hand, because two of them stand outside itops/."""
    setup = configparser.ConfigParser()
    setup.read(ROOT / "setup.cfg")
    listed = set(setup["options"]["packages"].split()) - {"itops.agent_source", "itops.templates"}
    folders = {path.parent for path in ROOT.glob("itops/**/__init__.py")}
    assert listed == {".".join(folder.relative_to(ROOT).parts) for folder in folders}


def test_every_route_names_its_permission(app):
    unnamed = {name for name, view in app.view_functions.items() if not hasattr(view, "permission")}
    assert unnamed == set()


@pytest.mark.parametrize("path", TEMPLATES, ids=named)
def test_a_template_carries_no_style_and_no_script_of_its_own(path):
    """The content security policy would not run them; they would only look as if they worked."""
    inline = re.compile(
        r"""\s(style|on[a-z]+)\s*=\s*["'{]|<style\b|<script(?![^>]*\ssrc=)|javascript:"""
    )
    assert inline.findall(path.read_text("utf-8")) == []


@pytest.mark.parametrize("path", TEMPLATES, ids=named)
def test_a_template_escapes_whatever_it_shows(path):
    unescaped = re.compile(r"\|\s*safe\b|autoescape\s+false")
    assert unescaped.findall(path.read_text("utf-8")) == []


def kept_files() -> list[Path]:
    """Return the text files under version control that we wrote ourselves."""
    listing = subprocess.run(
        [
            "git",
            "-c",
            "safe.directory=*",
            "ls-files",
            "-z",
            "--cached",
            "--others",
            "--exclude-standard",
        ],
        cwd=ROOT,
        capture_output=True,
        check=True,
    ).stdout.decode()
    paths = [ROOT / name for name in listing.split("\0") if name]
    others = ("tests/samples/", "itops/static/vendor/")
    return [path for path in paths if path.is_file() and not named(path).startswith(others)]


def test_nothing_names_a_registry_or_a_place_on_one_machine():
    """A hospital without internet has its own mirror, and nobody has our home folder."""
    # Spelt so that this file does not find itself.
    hosts = [f"{name}.org" for name in ("pypi", "pythonhosted", "npmjs")] + ["jsdelivr" + ".net"]
    places = [f"/{name}/" for name in ("work", "root", "Users")] + ["file" + "://"]
    forbidden = re.compile("|".join(map(re.escape, hosts + places)).encode())
    found = {named(path): forbidden.findall(path.read_bytes()) for path in kept_files()}
    assert {name: words for name, words in found.items() if words} == {}
