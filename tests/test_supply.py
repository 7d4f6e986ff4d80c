"""What we take from others: locked, hashed, licensed so that we may, and whole."""

import hashlib
import json
import re
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.test_house import ROOT

LOCKS = sorted(ROOT.glob("requirements/*.txt"))
VENDORED = [ROOT / place / "vendor/manifest.json" for place in ("itops/static", "tests/browser")]
#: Licences under which a work may be shipped beside, and used from, one under MIT.
PERMISSIVE = re.compile(
    r"MIT|BSD|Apache|ISC|PSF|Python Software Foundation|Zlib|MPL|Mozilla|LGPL|Lesser|HPND",
    re.IGNORECASE,
)
#: Packages whose metadata names no licence; this one stands in their files.
SAID_IN_SOURCE = {"pysnmp": "BSD-2-Clause", "pysqlite3": "Zlib"}
COPYLEFT = re.compile(r"\bA?GPL|(?<!Lesser )General Public License|SSPL|Commons Clause")


def pinned(lock: Path) -> dict[str, str]:
    """Return what a lock pins: name → the lines of its entry."""
    entries = re.split(r"\n(?=\S)", lock.read_text())
    return {
        canonicalize_name(entry.split("==")[0]): entry for entry in entries if "==" in entry[:80]
    }


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_every_locked_package_has_its_hashes(lock):
    unhashed = [name for name, entry in pinned(lock).items() if "--hash=sha256:" not in entry]
    assert unhashed == []
    assert pinned(lock)


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_a_lock_says_nothing_of_where_it_was_made(lock):
    assert re.findall(r"file:|https?:|index-url|find-links|trusted-host", lock.read_text()) == []


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_a_lock_has_all_that_is_asked_for(lock):
    lines = lock.with_suffix(".in").read_text().splitlines()
    asked = [Requirement(line) for line in lines if line and line[0] not in "#-"]
    assert {canonicalize_name(one.name) for one in asked} - set(pinned(lock)) == set()


def licence(package: metadata.Distribution) -> str:
    """Return all that a package says of its licence, its classifiers first."""
    about = package.metadata
    told = [text for text in about.get_all("Classifier") or [] if "License ::" in text]
    told += about.get_all("License-Expression") or []
    told += [text[:200] for text in about.get_all("License") or []]
    return " / ".join([*told, SAID_IN_SOURCE.get(about["Name"], "")])


@pytest.mark.parametrize("name", sorted(pinned(ROOT / "requirements/base.txt")))
def test_what_we_ship_beside_may_be_shipped(name):
    try:
        words = licence(metadata.distribution(name))
    except metadata.PackageNotFoundError:
        entry = pinned(ROOT / "requirements/base.txt")[name]
        assert "; sys_platform == 'win32'" in entry  # locked for another system than this one
        return
    assert PERMISSIVE.search(words), f"{name}: {words}"
    assert not COPYLEFT.search(words.replace("LGPL", "")), f"{name}: {words}"


@pytest.mark.parametrize("manifest", VENDORED, ids=lambda path: path.parent.parent.name)
def test_vendored_files_are_those_of_the_manifest(manifest):
    packages = json.loads(manifest.read_text())
    listed = {
        f"{package['folder']}/{name}": digest
        for package in packages
        for name, digest in package["sha256"].items()
    }
    found = {
        path.relative_to(manifest.parent).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in manifest.parent.glob("*/**/*")
        if path.is_file()
    }
    assert found == listed
    assert all(PERMISSIVE.search(package["licence"]) for package in packages)
