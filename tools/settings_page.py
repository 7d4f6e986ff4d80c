"""Writes docs/settings.md from the settings as the code declares them."""

from pathlib import Path

from itops.config import described

PAGE = Path(__file__).parent.parent / "docs/settings.md"
HEAD = """\
# Settings

*Written by `make docs` from `itops/config.py`.*

A setting is a variable of the environment, or a line in a TOML file with the name in small
letters and without `ITOPS_` (`data_dir = "/srv/itops"`). The file is `itops.toml` in the folder
where itops starts, or the one that `ITOPS_SETTINGS_FILE` names. A variable wins over the file.
What is wrong or unknown is refused at start, by its name.

| variable | default | what it does |
|---|---|---|
"""


def page() -> str:
    """Return the page's text."""
    rows = [
        f"| `{name}` | {f'`{default}`' if default else ''} | {about} |"
        for name, default, about in described()
    ]
    return HEAD + "\n".join(rows) + "\n"


def write() -> None:
    PAGE.write_text(page(), encoding="utf-8")
