"""Runs other programs: constant words, plain C locale, a time limit, a bounded output, no shell."""

from __future__ import annotations

import os
import subprocess

from itops_agent.config import environment
from itops_agent.errors import Unseen

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

OUTPUT_BYTES = 16 * 2**20
#: Windows: no console window flashes up on the user's screen.
HIDDEN = 0x08000000 if os.name == "nt" else 0
POWERSHELL = ("powershell.exe", "-NoLogo", "-NoProfile", "-NonInteractive", "-Command")
SPEAK_UTF8 = "[Console]::OutputEncoding = [Text.Encoding]::UTF8; $ProgressPreference = 0; "


def output(words: tuple[str, ...], *, seconds: float = 20.0, ok: tuple[int, ...] = (0,)) -> str:
    """Return what the program printed. Raise Unseen if it is missing, slow, or fails."""
    if not is_installed(words[0]):
        raise Unseen("not_supported")
    try:
        done = subprocess.run(  # noqa: S603  (the words are constants of this package)
            words,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=seconds,
            check=False,
            env=surroundings(),
            creationflags=HIDDEN,
        )
    except subprocess.TimeoutExpired:
        raise Unseen("timeout") from None
    except FileNotFoundError:
        raise Unseen("not_supported") from None
    except PermissionError:
        raise Unseen("denied") from None
    except OSError:
        raise Unseen("error") from None
    if done.returncode not in ok:
        raise Unseen("error")
    return done.stdout[:OUTPUT_BYTES].decode("utf-8", "replace")


def is_installed(name: str) -> bool:
    """Say whether a program is on the path; shutil.which would bring four libraries with it."""
    if os.name == "nt":
        return True  # Windows finds it by rules of its own; starting it will tell
    folders = environment().get("PATH", os.defpath).split(os.pathsep)
    return any(os.access(os.path.join(folder, name), os.X_OK) for folder in folders if folder)


def powershell(script: str, *, seconds: float = 60.0) -> str:
    """Return what a constant PowerShell script printed. Raise Unseen where there is none."""
    return output((*POWERSHELL, SPEAK_UTF8 + script), seconds=seconds)


def listed(value: Any) -> list[Any]:
    """Return a list; PowerShell writes a list of one as the one, and an empty one as null."""
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def surroundings() -> dict[str, str]:
    """Return this process's variables, with plain C as the language and UTC as the zone."""
    return {**environment(), "LC_ALL": "C", "LANGUAGE": "C", "LANG": "C", "TZ": "UTC"}
