"""`itops agent`: codes with which machines enrol."""

from datetime import timedelta
from textwrap import indent

import click

from itops.cli.opening import opened
from itops.cli.places import site_named
from itops.cli.printing import print_json, tell
from itops.db import db
from itops.services.certificates import authority_digest
from itops.services.enrolling import install_lines
from itops.services.enrolling.enrolment import make_code


@click.group()
def agent() -> None:
    """Let machines in."""


@agent.command("code")
@click.option("--uses", default=1, show_default=True, help="How many machines may use it.")
@click.option("--hours", default=24, show_default=True, type=click.IntRange(1, 24 * 365))
@click.option("--site", default="", help="The site that its machines are put at, by name.")
@click.option("--subnet", "subnets", multiple=True, help="Only from here, such as 10.1.0.0/16.")
@click.option("--approve", "approves", is_flag=True, help="Its machines need no approval.")
@click.option("--note", default="", help="What it is for.")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON object.")
def code(  # noqa: PLR0913 - a code has this many conditions
    *,
    uses: int,
    hours: int,
    site: str,
    subnets: tuple[str, ...],
    approves: bool,
    note: str,
    as_json: bool,
) -> None:
    """Print a code, this once, and the command with which a machine enrols."""
    with opened() as here:
        made, text = make_code(
            site=site_named(site),
            uses=uses,
            ends_at=here.at + timedelta(hours=hours),
            subnets=subnets,
            approves=approves,
            note=note[:120],
            by=here.by,
            at=here.at,
        )
        db.session.commit()
        server = here.settings.own_url
        is_public = bool(here.settings.public_url)
        authority = authority_digest(here.settings)
    lines = _lines(server, text, authority)
    if as_json:
        told = {"code": text, "uses": uses, "ends_at": made.ends_at, "install": lines}
        print_json(told | {"site": site or None, "subnets": made.subnets, "approves": approves})
        return
    click.echo(text)
    tell("cli.code_told", n=uses, until=f"{made.ends_at:%Y-%m-%d %H:%M} UTC")
    if authority:
        tell("cli.code_authority", url=f"{server}/agent/authority.pem")
    for system, line in lines.items():
        click.echo(f"{system}:\n{indent(line, '  ')}")
    if not is_public:
        tell("cli.code_not_public", url=server)


def _lines(server: str, code: str, authority: str) -> dict[str, str]:
    """Return, for each system, what to type on a machine so that it installs and enrols."""
    made = install_lines.of(server, code, authority=authority)
    trust = f" --ca-file {install_lines.AUTHORITY_FILE}" if authority else ""
    return {
        "Linux": made.linux,
        "Windows": made.windows,
        "itops-agent": f"itops-agent enroll --server {server} --code {code}{trust}",
    }


COMMANDS = (agent,)
