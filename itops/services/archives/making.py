"""Making an archive of our own database, on line: one moment of it, counted in that moment."""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from secrets import token_hex
from typing import Any

from itops.config import Settings
from itops.remote.backups import own_database
from itops.services.archives import archive, counting, sealed_keys
from itops.services.archives.manifest import Counted, Manifest

#: The steps of making one, in their order.
STEPS = ("copy", "pack")
Tell = Callable[[str, int, int], None]
Ask = Callable[[str], Any]


@dataclass(frozen=True)
class _Seen:
    """What was asked of the database in the moment of the copy."""

    revision: str | None
    counted: Counted


def silent(_step: str, _done: int, _total: int) -> None:
    """Tell nobody how far it is."""


def make(
    settings: Settings, target: Path, *, at: datetime, passphrase: str = "", tell: Tell = silent
) -> Manifest:
    """Write an archive of the database to `target`, whole or not at all; return its manifest.

    Given a passphrase, the keys are in it, sealed under that.
    """
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    sealed = sealed_keys.seal(sealed_keys.of(settings), passphrase) if passphrase else b""
    mark = token_hex(4)
    copy, keys = (target.with_name(f".{target.name}.{mark}.{end}") for end in ("copy", "keys"))
    try:
        for draft in (copy, keys):
            draft.touch(0o600)
        seen = _copied(settings, copy, partial(tell, "copy"))
        about = Manifest(
            made_at=at,
            version=sys.modules["itops"].__version__,
            database="sqlite" if settings.is_sqlite else "postgresql",
            revision=seen.revision,
            counted=seen.counted,
        )
        parts = {archive.DATABASE: copy}
        if sealed:
            keys.write_bytes(sealed)
            parts[archive.KEYS] = keys
        archive.write(target, about, parts, partial(tell, "pack"))
    finally:
        for draft in (copy, keys):
            draft.unlink(missing_ok=True)
    return archive.manifest_of(target)


def _copied(settings: Settings, copy: Path, tell: archive.Tell) -> _Seen:
    url = settings.sqlalchemy_url
    if settings.is_sqlite:
        database = Path(url.removeprefix("sqlite:///"))
        return own_database.copy_sqlite(database, copy, partial(_look, counting.sqlite), tell)
    return own_database.dump_postgresql(url, copy, partial(_look, counting.postgresql))


def _look(count: Callable[[Ask], Counted], ask: Ask) -> _Seen:
    counted = count(ask)
    has_revision = bool(counted.rows.get("alembic_version"))
    revision = ask("SELECT version_num FROM alembic_version")[0][0] if has_revision else None
    return _Seen(revision, counted)
