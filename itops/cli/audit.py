"""`itops audit`: whether the log of who did what is what was written."""

import sys
from pathlib import Path
from typing import Any

import click

from itops.cli.opening import opened
from itops.cli.printing import message, print_json, said, tell
from itops.clock import monotonic
from itops.db import db
from itops.services.audit import exporting, guards, reading, seals, verifying
from itops.services.audit.seals import Seal
from itops.services.audit.verifying import Verdict
from itops.services.auditing import record

#: A copy of the seals from wherever it was kept.
SEAL_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group(short_help="Verify, export and guard the audit log.")
def audit() -> None:
    """Look whether the audit log is whole; export it; put its guards back."""


@audit.command(short_help="Find what was edited, deleted, moved or cut.")
@click.option(
    "--seals", "files", multiple=True, type=SEAL_FILE, help="A seal file to compare with."
)
@click.option("--json", "as_json", is_flag=True, help="Print a JSON object.")
def verify(files: tuple[Path, ...], *, as_json: bool) -> None:
    """Walk along the whole chain; find what was edited, deleted, put in, moved or cut off.

    It is compared with the seals in the data folder, too, and with each file that is given: a copy
    that was kept elsewhere is worth more. Exit codes: 0 the log is whole; 1 it is, but there is
    something to say: no seal to compare with, or a guard of the database is gone; 2 it is not.
    """
    with opened() as here:
        known = [*seals.read_folder(here.settings.data_dir), *_read(files)]
        began = monotonic()
        found = reading.verify_all(known, _progress)
        seconds = monotonic() - began
    if as_json:
        print_json(_told(found, seconds))
    else:
        _print(found, seconds)
    sys.exit(2 if not found.is_whole else 1 if _has_doubts(found) else 0)


@audit.command("export", short_help="Write the log and a verifier into a zip FILE.")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
def export_log(file: Path) -> None:
    """Write the whole log with its seals and a verifier into a zip FILE, for an assessor.

    The verifier needs Python 3.8 and nothing of itops: `python3 verify.py` in the unpacked folder.
    """
    with opened() as here:
        known = seals.read_folder(here.settings.data_dir)
        with file.open("xb") as target, reading.snapshot() as connection:
            exporting.write(target, connection, known, of=here.settings.hospital, at=here.at)
        record("audit.exported", by=here.by, at=here.at)
        db.session.commit()
    tell("audit.exported", file=str(file))


@audit.command(short_help="Put the database's own guards back.")
def guard() -> None:
    """Put the database's own guards of the log back, for instance after a repair by hand."""
    with opened() as here:
        names = guards.missing(db.session.connection())
        if names:
            guards.settle(db.session.connection())
            record("audit.guarded", by=here.by, at=here.at, after={"guards": names})
        db.session.commit()
    tell("audit.guarded", n=len(names))


def _read(files: tuple[Path, ...]) -> list[Seal]:
    return [seal for path in files for seal in seals.read_file(path)]


def _progress(done: int) -> None:
    if sys.stderr.isatty():
        click.echo(f"\r{said('audit.verify.progress', n=done)}", nl=False, err=True)


def _has_doubts(found: Verdict) -> bool:
    return bool(found.unguarded) or (found.entries > 0 and not found.seals)


def _print(found: Verdict, seconds: float) -> None:
    if sys.stderr.isatty():
        click.echo("\r", nl=False, err=True)
    if found.is_whole:
        tell("audit.verify.whole", n=found.entries, first=found.first, last=found.last)
        tell("audit.verify.head", hash=found.hash)
    for fault in found.faults:
        click.echo(message(verifying.means(fault)))
    hidden = sum(found.counts.values()) - len(found.faults)
    if hidden:
        tell("audit.verify.more", n=hidden)
    if found.seals or found.old_seals:
        tell("audit.verify.seals", n=found.seals, old=found.old_seals)
    elif found.entries:
        tell("audit.verify.no_seals")
    if found.unguarded:
        tell("audit.verify.unguarded", names=found.unguarded)
    tell("audit.verify.took", seconds=f"{seconds:.1f}", n=found.entries)


def _told(found: Verdict, seconds: float) -> dict[str, Any]:
    return {
        "is_whole": found.is_whole,
        "entries": found.entries,
        "first": found.first,
        "last": found.last,
        "hash": found.hash,
        "seals": found.seals,
        "old_seals": found.old_seals,
        "counts": dict(found.counts),
        "faults": [
            {**vars(fault), "means": message(verifying.means(fault))} for fault in found.faults
        ],
        "unguarded": list(found.unguarded),
        "seconds": round(seconds, 3),
    }


COMMANDS = (audit,)
