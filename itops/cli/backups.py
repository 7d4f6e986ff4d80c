"""`itops backup`: copies of our own database: make, list, prove and put back."""

import sys
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import IO

import click

from itops import config
from itops.cli.lock import hold
from itops.cli.printing import clock_of, print_json, print_table, said, tell
from itops.clock import utcnow
from itops.errors import Refused
from itops.remote.backups import scratch
from itops.services.archives import (
    archive,
    keeping,
    making,
    proving,
    putting_back,
    putting_on_server,
    sealed_keys,
)
from itops.services.archives.manifest import Manifest
from itops.services.archives.putting_back import PutBack
from itops.services.secrets.sealing import FILE as MASTER_KEY
from itops.setting_texts import database_url

FILE = click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
PASSPHRASE = click.option(
    "--passphrase-file",
    type=click.File(encoding="utf-8"),
    help="Read the passphrase from a file (- is stdin) instead of asking for it.",
)


@click.group()
def backup() -> None:
    """Make, list, prove and put back copies of itops' own database.

    A running server makes them by itself (ITOPS_BACKUP_MINUTES), into backups/ of the data folder.
    """


@backup.command()
@click.option(
    "--to", "place", type=click.Path(path_type=Path, file_okay=False), help="Into this folder."
)
@click.option("--with-key", is_flag=True, help="Put the keys in, sealed under a passphrase.")
@PASSPHRASE
@JSON
def create(
    *,
    place: Path | None,
    with_key: bool,
    passphrase_file: IO[str] | None,
    as_json: bool,
) -> None:
    """Make a copy now, while the server works or not.

    Without --with-key the keys are not in it: who has only the copy reads no stored secret. Exit
    codes: 0 it is made; 1 it is not, and nothing is left lying about.
    """
    settings, at = config.load(), utcnow()
    target = (place or keeping.folder(settings)) / keeping.name(at)
    words = _passphrase(passphrase_file, confirm=True) if with_key else ""
    with _Steps() as step:
        about = making.make(settings, target, at=at, passphrase=words, tell=step)
    size = target.stat().st_size
    if as_json:
        print_json({"file": str(target), "size_bytes": size, **_told(about)})
    else:
        n = sum(about.counted.rows.values())
        tell("cli.archive.made", file=str(target), size=_megabytes(size), n=n)


@backup.command("list", short_help="List the copies, the newest first.")
@JSON
def list_copies(*, as_json: bool) -> None:
    """List the copies in backups/ of the data folder, the newest first."""
    settings = config.load()
    found = keeping.listed(keeping.folder(settings))
    if as_json:
        print_json(
            [
                {"file": str(one.path), "made_at": one.made_at, "size_bytes": one.size_bytes}
                for one in found
            ]
        )
        return
    heads = [said(f"cli.archive.head.{head}") for head in ("file", "made_at", "size")]
    zone = settings.time_zone
    print_table(
        heads,
        ((one.path, clock_of(one.made_at, zone), _megabytes(one.size_bytes)) for one in found),
    )


@backup.command(short_help="Restore a copy aside and count it.")
@FILE
@JSON
def verify(*, file: Path, as_json: bool) -> None:
    """Restore a copy into a throw-away place, count it beside its manifest, and wipe it.

    Exit codes: 0 it is whole and holds what it should; 1 it is not, or nobody can say.
    """
    root = config.load().scratch_folder
    scratch.sweep(root)
    done = proving.prove(file, root)
    seconds = round(done.restored.total_seconds, 1)
    if as_json:
        print_json({"file": str(file), "seconds": seconds, **_told(done.about)})
    else:
        rows = done.restored.rows
        tell("cli.archive.proven", tables=len(rows), n=sum(rows.values()), seconds=seconds)


@backup.command(short_help="Put a copy in place: all or nothing.")
@FILE
@click.option("--to", "target", required=True, help="A data folder, or postgresql://…")
@click.option("--replace", is_flag=True, help="There is a database: keep it aside, put this there.")
@click.option("--with-key", is_flag=True, help="Also put the keys back that the copy holds.")
@PASSPHRASE
@JSON
def restore(
    *,
    file: Path,
    target: str,
    replace: bool,
    with_key: bool,
    passphrase_file: IO[str] | None,
    as_json: bool,
) -> None:
    """Put a copy in place: all of it or nothing, also if this is killed half-way.

    The server of that database must be stopped. A copy of an older version is upgraded; one of a
    newer version is refused. What was there before is kept under another name. Exit codes: 0 it is
    in place; 1 it is not, and what was there still is.
    """
    settings = config.load()
    folder = settings.data_dir if "://" in target else Path(target)
    keys = _keys(file, folder, passphrase_file, replaces=replace) if with_key else {}
    with _Steps() as step:
        done = _put_back(file, target, replaces=replace, step=step)
    sealed_keys.put_back(keys, folder)
    n = sum(done.about.counted.rows.values())
    if as_json:
        keys_told = {"aside": done.aside, "upgraded_to": done.upgraded_to, "keys": sorted(keys)}
        print_json({"to": target, **keys_told, **_told(done.about)})
        return
    tell("cli.archive.restored", n=n, at=clock_of(done.about.made_at, settings.time_zone))
    if done.upgraded_to:
        tell("cli.archive.upgraded", before=done.about.revision or "–", after=done.upgraded_to)
    if done.aside:
        tell("cli.archive.aside", place=done.aside)
    if not (folder / MASTER_KEY).exists():
        tell("cli.archive.no_keys", folder=str(folder))


def _put_back(file: Path, target: str, *, replaces: bool, step: making.Tell) -> PutBack:
    at = utcnow()
    if "://" in target:
        url = database_url(target)
        return putting_on_server.into_server(file, url, replaces=replaces, at=at, tell=step)
    folder = Path(target)
    with _alone(folder):
        return putting_back.into_folder(file, folder, replaces=replaces, at=at, tell=step)


def _alone(folder: Path) -> AbstractContextManager[object]:
    """Keep servers of the folder out; where there is no database yet, nobody works on it."""
    return hold(folder) if (folder / putting_back.FILE).exists() else nullcontext()


def _keys(file: Path, folder: Path, given: IO[str] | None, *, replaces: bool) -> dict[str, bytes]:
    """Return the keys of a copy. Raise Refused if that would overwrite others."""
    if archive.KEYS not in archive.manifest_of(file).parts:
        raise Refused("archive.has_no_keys")
    keys = sealed_keys.unseal(archive.read(file, archive.KEYS), _passphrase(given, confirm=False))
    others = [name for name in keys if (folder / name).exists()]
    if others and not replaces:
        raise Refused("archive.keys_there", names=others)
    return keys


def _passphrase(given: IO[str] | None, *, confirm: bool) -> str:
    if given is not None:
        return given.readline().rstrip("\r\n")
    asked: str = click.prompt(
        said("cli.archive.passphrase"), hide_input=True, confirmation_prompt=confirm, err=True
    )
    return asked


class _Steps:
    """Says on stderr which step it is and how far: on a terminal only, and on one line."""

    def __init__(self) -> None:
        self._is_terminal = sys.stderr.isatty()
        self._last = ""

    def __enter__(self) -> Callable[[str, int, int], None]:
        return self._say

    def __exit__(self, *_error: object) -> None:
        if self._last:
            click.echo("", err=True)

    def _say(self, step: str, done: int, total: int) -> None:
        percent = 100 * done // total if total else 100
        line = f"{said(f'cli.archive.step.{step}')} {percent} %"
        if self._is_terminal and line != self._last:
            click.echo(f"\r\033[K{line}", nl=False, err=True)
            self._last = line


def _told(about: Manifest) -> dict[str, object]:
    return {
        "made_at": about.made_at,
        "version": about.version,
        "database": about.database,
        "revision": about.revision,
        "rows": dict(about.counted.rows),
        "audit_last": about.counted.audit_last,
        "audit_head": about.counted.audit_head,
        "has_keys": archive.KEYS in about.parts,
    }


def _megabytes(size: int) -> str:
    return f"{size / 1e6:.1f} MB"


COMMANDS = (backup,)
