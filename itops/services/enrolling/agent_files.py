"""What the server hands out to machines: the agent as one file, and the scripts that install it."""

import hashlib
import io
import shlex
import zipfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from itops.services.enrolling.agent_source import agent_source

#: How the single file starts; `itops_agent.cli` is what the package starts as well.
MAIN = "import sys\n\nfrom itops_agent.cli import main\n\nsys.exit(main(sys.argv[1:]))\n"
#: The same moment in every copy: the same source gives the same bytes, and the same digest.
MOMENT = (2026, 1, 1, 0, 0, 0)
PACKAGE = "itops_agent"


@dataclass(frozen=True)
class AgentFile:
    """The agent as a zip that Python starts, and its SHA-256."""

    content: bytes
    sha256: str


@cache
def agent_file() -> AgentFile:
    """Return the agent, zipped once while the server runs; with psutil where we have it."""
    content = packed(agent_source())
    return AgentFile(content, hashlib.sha256(content).hexdigest())


def packed(source: Path) -> bytes:
    """Given the folder of the agent's package, return it as one file; wheels beside it go along."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as packing:
        _put(packing, "__main__.py", MAIN.encode())
        for path in _files(source):
            _put(packing, path.relative_to(source).as_posix(), path.read_bytes())
    return archive.getvalue()


def filled(template: str, *, server: str, system: str) -> str:
    """Given an install script, return it with our address and the agent's digest in it.

    Each is quoted as the script's shell reads it literally, so that an address can't be code.
    """
    quote = quoted if system == "windows" else shlex.quote
    return template.replace("@SERVER@", quote(server)).replace(
        "@SHA256@", quote(agent_file().sha256)
    )


def quoted(text: str) -> str:
    """Return `text` as PowerShell reads it literally."""
    return "'" + text.replace("'", "''") + "'"


def _files(source: Path) -> list[Path]:
    own = [path for path in (source / PACKAGE).rglob("*") if path.is_file()]
    kept = [path for path in own if "__pycache__" not in path.parts]
    return sorted([*kept, *(source / "wheels").glob("psutil-*.whl")])


def _put(packing: zipfile.ZipFile, name: str, content: bytes) -> None:
    packing.writestr(zipfile.ZipInfo(name, MOMENT), content, zipfile.ZIP_DEFLATED)
