"""Where settings are said: variables of the environment, and a file in TOML."""

import tomllib
from collections.abc import Mapping
from pathlib import Path

from itops.errors import Misconfigured

PREFIX = "ITOPS_"
SETTINGS_FILE = f"{PREFIX}SETTINGS_FILE"
#: Variables that belong to setting up the environment or naming the file, not to the product.
BOOTSTRAP_VARIABLES = {SETTINGS_FILE, f"{PREFIX}VENV", f"{PREFIX}WHEELHOUSE"}


def said(environ: Mapping[str, str]) -> dict[str, tuple[str, str]]:
    """Return (text, where it was said) of every setting that is; a variable wins over the file."""
    return {**_from_file(environ), **_from_environment(environ)}


def _from_environment(environ: Mapping[str, str]) -> dict[str, tuple[str, str]]:
    return {
        name.removeprefix(PREFIX).lower(): (text, name)
        for name, text in environ.items()
        if name.startswith(PREFIX) and name not in BOOTSTRAP_VARIABLES and text != ""
    }


def _from_file(environ: Mapping[str, str]) -> dict[str, tuple[str, str]]:
    named = environ.get(SETTINGS_FILE)
    path = Path(named or "itops.toml")
    if not named and not path.is_file():
        return {}
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as reason:
        raise Misconfigured("config.file", name=str(path), reason=str(reason)) from None
    return {
        name: (",".join(value) if isinstance(value, list) else str(value), f"{name} ({path})")
        for name, value in content.items()
    }
