"""Writes docs/security/sbom.cdx.json: what an installation is made of (CycloneDX 1.5)."""

import json
from pathlib import Path
from typing import Any

from tools.locks import Pinned, pinned

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs/security/sbom.cdx.json"
VENDORED = ROOT / "itops/static/vendor/manifest.json"


def bill() -> str:
    """Return the bill of materials; the same for the same locks, so that a change is seen."""
    components = [
        *(_python(one) for one in pinned("base")),
        *(_vendored(one) for one in json.loads(VENDORED.read_text(encoding="utf-8"))),
    ]
    document = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": {"component": {"type": "application", "name": "itops", "bom-ref": "itops"}},
        "components": components,
        "dependencies": [{"ref": "itops", "dependsOn": [one["bom-ref"] for one in components]}],
    }
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"


def _python(package: Pinned) -> dict[str, Any]:
    """Return a component; the digests of its files stand in requirements/base.txt."""
    address = f"pkg:pypi/{package.name.lower()}@{package.version}"
    return {
        "type": "library",
        "bom-ref": address,
        "name": package.name,
        "version": package.version,
        "purl": address,
    }


def _vendored(package: dict[str, Any]) -> dict[str, Any]:
    """Return a component that lies in the repository itself."""
    address = f"pkg:npm/{package['name']}@{package['version']}"
    return {
        "type": "library",
        "bom-ref": address,
        "name": package["name"],
        "version": package["version"],
        "licenses": [{"license": {"id": package["licence"]}}],
        "purl": address,
        "properties": [
            {"name": f"itops:sha256:{name}", "value": digest}
            for name, digest in package["sha256"].items()
        ],
    }


def write() -> None:
    """Write the page anew."""
    PAGE.write_text(bill(), encoding="utf-8")
