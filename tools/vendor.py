"""Fetch the front-end files that itops ships from npm, and write their manifest.

Run it by hand to take a new version: change PACKAGES, run `python tools/vendor.py`, look at the
difference, commit. Nothing fetches them at install or start. npm decides where packages come from.
"""

import hashlib
import json
import shutil
import subprocess
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent


@dataclass(frozen=True)
class Package:
    """An npm package at one version, and which of its files go where."""

    name: str
    version: str
    files: tuple[str, ...]
    short: str
    folder: Path

    @property
    def target(self) -> Path:
        return self.folder / f"{self.short}-{self.version}"


SHIPPED = ROOT / "itops/static/vendor"
TESTS_ONLY = ROOT / "tests/browser/vendor"
PACKAGES = (
    Package("htmx.org", "2.0.11", ("dist/htmx.min.js", "LICENSE"), "htmx", SHIPPED),
    Package(
        "uplot",
        "1.6.32",
        ("dist/uPlot.iife.min.js", "dist/uPlot.min.css", "LICENSE"),
        "uplot",
        SHIPPED,
    ),
    Package("axe-core", "4.14.1", ("axe.min.js", "LICENSE"), "axe-core", TESTS_ONLY),
)


def main() -> None:
    for folder in (SHIPPED, TESTS_ONLY):
        shutil.rmtree(folder, ignore_errors=True)
        entries = [fetch(package) for package in PACKAGES if package.folder == folder]
        text = json.dumps(entries, indent=2) + "\n"
        (folder / "manifest.json").write_text(text, encoding="utf-8")


def fetch(package: Package) -> dict[str, object]:
    """Unpack the package's files into their folder; return its manifest entry."""
    with tempfile.TemporaryDirectory() as folder:
        spec = f"{package.name}@{package.version}"
        subprocess.run(["npm", "pack", "--silent", spec], cwd=folder, check=True)
        with tarfile.open(next(Path(folder).glob("*.tgz"))) as archive:
            archive.extractall(folder, filter="data")
        source = Path(folder) / "package"
        licence = json.loads((source / "package.json").read_text("utf-8"))["license"]
        package.target.mkdir(parents=True)
        digests = {}
        for file in package.files:
            body = (source / file).read_bytes()
            (package.target / Path(file).name).write_bytes(body)
            digests[Path(file).name] = hashlib.sha256(body).hexdigest()
    print(f"{package.target.relative_to(ROOT)}: {', '.join(digests)}")
    return {
        "name": package.name,
        "version": package.version,
        "licence": licence,
        "folder": package.target.name,
        "sha256": digests,
    }


if __name__ == "__main__":
    main()
