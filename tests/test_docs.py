"""What is written about itops agrees with what it does."""

import re

from tests.test_house import ROOT, kept_files, named
from tools import far_side, settings_page


def test_every_setting_stands_in_the_documentation():
    """`make docs` writes the page anew."""
    assert settings_page.PAGE.read_text("utf-8") == settings_page.page()


def test_the_script_for_checked_machines_runs_the_commands_of_the_checks():
    """`make docs` writes it anew."""
    assert far_side.SCRIPT.read_text("utf-8") == far_side.script()


def test_every_link_between_documents_leads_somewhere():
    pages = [path for path in kept_files() if path.suffix == ".md"]
    links = {
        (page, target.split("#")[0])
        for page in pages
        for target in re.findall(r"\]\((?!https?:|mailto:|#)([^)\s]+)\)", page.read_text("utf-8"))
    }
    assert [f"{named(page)} → {to}" for page, to in links if not (page.parent / to).exists()] == []


def test_every_command_of_make_is_one_of_the_bootstrap():
    makefile = (ROOT / "Makefile").read_text()
    used = set(re.findall(r"bootstrap\.py ([a-z0-9-]+)", makefile)) - {"run"}
    bootstrap = (ROOT / "bootstrap.py").read_text()
    assert [name for name in used if f'"{name}": (' not in bootstrap] == []


def test_decisions_are_numbered_without_gaps():
    numbers = sorted(int(path.name[:4]) for path in ROOT.glob("docs/adr/[0-9]*.md"))
    assert numbers == list(range(1, len(numbers) + 1))


def test_pictures_are_light_enough_for_a_page():
    pictures = list((ROOT / "docs/images").glob("*.png"))
    assert {
        path.name: path.stat().st_size for path in pictures if path.stat().st_size > 250_000
    } == {}


def test_every_guide_stands_in_both_languages():
    guides = {path.name for path in (ROOT / "docs/guide").glob("*.md")}
    english = {name for name in guides if not name.endswith(".zh-CN.md")}
    assert english
    assert guides - english == {name.replace(".md", ".zh-CN.md") for name in english}
