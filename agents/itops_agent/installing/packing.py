"""Makes the single file `itops_agent.pyz`: the same bytes from the same source, on any machine.

    python -m itops_agent.installing.packing OUT [WHEEL …]

prints the file's SHA-256. Wheels of psutil that are named travel inside, for machines on which
neither the system nor pip provides it; `install` unpacks the one that fits. To start the file
without installing it, Python must have psutil (Debian: python3-psutil).
"""

from __future__ import annotations

import hashlib
import io
import os
import sys
import zipfile

from itops_agent import config
from itops_agent.installing import steps

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

SHEBANG = b"#!/usr/bin/env python3\n"
KINDS = (".py", ".typed")
THE_BEGINNING = (1980, 1, 1, 0, 0, 0)  # a zip file knows no earlier time


def packed(source: str, wheels: Sequence[str] = ()) -> bytes:
    """Return the file made from the folder that holds `itops_agent`."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        add(archive, "__main__.py", steps.MAIN.encode())
        for path in files(source):
            with open(os.path.join(source, path), "rb") as file:
                add(archive, path.replace(os.sep, "/"), file.read())
        for wheel in sorted(wheels, key=os.path.basename):
            with open(wheel, "rb") as file:
                add(archive, "wheels/" + os.path.basename(wheel), file.read())
    return SHEBANG + made.getvalue()


def files(source: str) -> list[str]:
    """Return the paths of the package's files, in a fixed order."""
    found = []
    for folder, _, names in os.walk(os.path.join(source, "itops_agent")):
        kept = [name for name in names if name.endswith(KINDS)]
        found += [os.path.relpath(os.path.join(folder, name), source) for name in kept]
    return sorted(found)


def add(archive: zipfile.ZipFile, name: str, data: bytes) -> None:
    entry = zipfile.ZipInfo(name, THE_BEGINNING)
    entry.external_attr = 0o100644 << 16
    entry.create_system = 3
    archive.writestr(entry, data, zipfile.ZIP_DEFLATED, 9)


def main(words: Sequence[str]) -> int:
    """Write the file, print its SHA-256. Return the exit code."""
    if not words:
        sys.stderr.write((__doc__ or "") + "\n")
        return 2
    data = packed(steps.source(), words[1:])
    config.write_private(words[0], data, mode=0o755)
    sys.stdout.write(hashlib.sha256(data).hexdigest() + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
