"""`itops doctor`: what is wrong with this installation and how to mend it."""

import sys
from collections.abc import Sequence
from typing import NoReturn

import click

from itops.checks.base import State
from itops.cli.opening import opened
from itops.cli.printing import message, print_json, said
from itops.services.doctor.examining import examine
from itops.services.doctor.findings import Finding

#: What the command answers to the shell for the worst state that it found.
EXIT_CODES = {State.OK: 0, State.WARNING: 1, State.UNKNOWN: 1, State.CRITICAL: 2}


@click.command(short_help="Say what is not well, and how to mend it.")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON array.")
def doctor(*, as_json: bool) -> None:
    """Look at database, files, addresses and work, and say how to mend what is wrong.

    Exit codes: 0 all is well; 1 warnings; 2 something is broken.
    """
    with opened(needs_schema=False) as here:
        findings = examine(here.settings, at=here.at, thoroughly=True)
    answer(findings, as_json=as_json)


def answer(findings: Sequence[Finding], *, as_json: bool) -> NoReturn:
    """Print findings and end the command with the code of the worst."""
    if as_json:
        print_json([_told(finding) for finding in findings])
    else:
        for finding in findings:
            _print(finding)
    sys.exit(EXIT_CODES[State.worst(*(finding.state for finding in findings))])


def _print(finding: Finding) -> None:
    word = said(f"state.{finding.state.value}")
    click.echo(f"{word}: {message(finding.means)}")
    if finding.mend:
        click.echo(f"    → {message(finding.mend)}")


def _told(finding: Finding) -> dict[str, object]:
    return {
        "check": finding.check,
        "state": finding.state.value,
        "means": message(finding.means),
        "mend": message(finding.mend) if finding.mend else None,
    }


COMMANDS = (doctor,)
