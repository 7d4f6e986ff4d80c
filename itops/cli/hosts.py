"""`itops hosts`: the machines, and letting them in and out."""

from collections.abc import Callable, Iterable

import click
from sqlalchemy import or_, select
from sqlalchemy.orm import joinedload

from itops.checks.base import State
from itops.cli.opening import Opened, opened
from itops.cli.printing import print_json, print_table, said, tell
from itops.db import db
from itops.errors import Refused
from itops.models import Enrolment, Host, HostState
from itops.services.hosts import admitting
from itops.services.hosts import merging as host_merging


@click.group(short_help="List machines; approve or revoke them.")
def hosts() -> None:
    """List machines; approve, revoke, merge, split or release them."""


@hosts.command("list")
@click.option(
    "--enrolment", "wanted", type=click.Choice([kind.value for kind in Enrolment]), default=None
)
@click.option("--json", "as_json", is_flag=True, help="Print a JSON array.")
def list_hosts(*, wanted: str | None, as_json: bool) -> None:
    """List machines with their state, the names in order."""
    with opened() as here:
        statement = (
            select(Host, HostState)
            .outerjoin(HostState, HostState.host_id == Host.id)
            .options(joinedload(Host.site), joinedload(Host.asset))
            .order_by(Host.name, Host.id)
        )
        if wanted:
            statement = statement.where(Host.enrolment == Enrolment(wanted))
        found = [_told(host, state, here) for host, state in db.session.execute(statement)]
    if as_json:
        print_json(found)
        return
    heads = [said(f"cli.head.{h}") for h in ("name", "state", "enrolment", "last", "site", "id")]
    print_table(
        heads,
        (
            (
                row["name"],
                said(f"state.{row['state']}"),
                said(f"cli.enrolment.{row['enrolment']}"),
                row["last_seen_at"],
                row["site"],
                row["public_id"],
            )
            for row in found
        ),
    )


@hosts.command(short_help="Let waiting machines in, by name or id.")
@click.argument("names", nargs=-1, required=True)
def approve(names: tuple[str, ...]) -> None:
    """Let waiting machines in, by name or id: all of them, or none if one can't be."""
    _each(names, lambda host, here: admitting.approve(host, by=here.by, at=here.at), "approved")


@hosts.command()
@click.argument("names", nargs=-1, required=True)
def revoke(names: tuple[str, ...]) -> None:
    """Shut machines out, by name or id; their keys are dead at once."""
    _each(names, lambda host, here: admitting.revoke(host, by=here.by, at=here.at), "revoked")


@hosts.command()
@click.argument("names", nargs=-1, required=True)
def release(names: tuple[str, ...]) -> None:
    """Believe machines again whose key was seen from two places."""
    _each(names, lambda host, here: admitting.release(host, by=here.by, at=here.at), "released")


@hosts.command(short_help="Say that OLD was the machine that is NEW now.")
@click.argument("old")
@click.argument("new")
def merge(*, old: str, new: str) -> None:
    """Say that OLD was the machine that is NEW now: its past is shown there. Can be undone."""
    with opened() as here:
        host_merging.merge(host_named(old), host_named(new), by=here.by, at=here.at)
        db.session.commit()
    tell("cli.merged", old=old, new=new)


@hosts.command()
@click.argument("old")
def split(*, old: str) -> None:
    """Take a merge back: OLD is a machine of its own again."""
    with opened() as here:
        host_merging.split(host_named(old), by=here.by, at=here.at)
        db.session.commit()
    tell("cli.split", old=old)


def host_named(name: str) -> Host:
    """Return the one machine with this name or public id. Raise Refused for none or several."""
    found = db.session.scalars(
        select(Host).where(or_(Host.name == name, Host.public_id == name)).order_by(Host.id)
    ).all()
    if not found:
        raise Refused("cli.no_host", name=name)
    if len(found) > 1:
        ids = [host.public_id for host in found]
        raise Refused("cli.several_hosts", name=name, n=len(found), ids=ids)
    return found[0]


def _each(names: Iterable[str], act: Callable[[Host, Opened], None], done: str) -> None:
    with opened() as here:
        for name in names:
            act(host_named(name), here)
        db.session.commit()
    for name in names:
        tell(f"cli.{done}", name=name)


def _told(host: Host, state: HostState | None, here: Opened) -> dict[str, object]:
    shown = state.shown(here.at) if state else None
    return {
        "name": host.name,
        "state": shown.state.value if shown else State.UNKNOWN.value,
        "enrolment": host.enrolment.value,
        "last_seen_at": state.last_seen_at if state else None,
        "state_since_at": shown.since if shown else None,
        "public_id": host.public_id,
        "site": host.site.name if host.site else None,
        "asset": host.asset.tag if host.asset else None,
        "system": host.system or None,
        "address": host.address or None,
        "agent_version": host.agent_version or None,
        "is_quarantined": host.quarantined_at is not None,
        "is_merged": host.merged_into_id is not None,
        "is_demo": host.is_demo,
    }


COMMANDS = (hosts,)
