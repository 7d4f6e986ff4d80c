"""Where the server listens: kept in the data folder, so that other commands name the same address.

A port that was said for `itops run` alone is not known in the next shell: a link of
`itops user reset` would lead nowhere.
"""

from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import msgspec

from itops import config
from itops.config import Settings

NAME = "server.json"


class Listening(msgspec.Struct, frozen=True):
    """Under which address the server is reached here, if no public one is set."""

    host: str
    port: Annotated[int, msgspec.Meta(ge=1, le=65535)]
    tls: bool


def keep(settings: Settings) -> None:
    """Write down where the server that starts now listens."""
    here = Listening(settings.host, settings.port, settings.tls)
    settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = _file(settings).with_suffix(".part")
    draft.write_bytes(msgspec.json.encode(here))
    draft.replace(_file(settings))


def as_served(settings: Settings) -> Settings:
    """Return the settings with the address of the server that started last, where none is said."""
    said = config.sources()
    with suppress(OSError, UnicodeDecodeError, msgspec.MsgspecError):
        here = msgspec.json.decode(_file(settings).read_bytes(), type=Listening)
        known = msgspec.structs.asdict(here)
        return replace(settings, **{name: known[name] for name in known if name not in said})
    return settings


def _file(settings: Settings) -> Path:
    return settings.data_dir / NAME
