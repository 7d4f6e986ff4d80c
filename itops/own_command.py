"""What a person types for the `itops` command: a checkout puts none of that name on the path."""

import os
import shutil
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


@cache
def own_command() -> str:
    """Return how this installation's `itops` command is called."""
    return command_in(ROOT, on_path=shutil.which("itops") is not None)


def command_in(root: Path, *, on_path: bool) -> str:
    """Given the folder that holds the package, return the command's words."""
    if on_path or not (root / "bootstrap.py").is_file():
        return "itops"
    return f"{'python' if os.name == 'nt' else 'python3'} bootstrap.py itops"
