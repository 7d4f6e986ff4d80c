"""`itops user`: accounts from the command line, for the first one and for lost passwords."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

import click
from sqlalchemy import select
from sqlalchemy.orm import selectinload

from itops.cli.opening import Opened, opened
from itops.cli.places import site_named
from itops.cli.printing import print_json, print_table, said, tell
from itops.db import db
from itops.errors import Refused
from itops.models import LinkPurpose, Role, User
from itops.services.users import accounts, second_factor
from itops.services.users.one_time_links import make_link
from itops.services.users.people import standing_of
from itops.services.users.role_grants import Grant


@click.group()
def user() -> None:
    """Add people, list them, give one a new password link."""


@user.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON array.")
def list_users(*, as_json: bool) -> None:
    """List everybody who has an account."""
    with opened() as here:
        statement = select(User).options(selectinload(User.grants)).order_by(User.login)
        people = [_told(found, here) for found in db.session.scalars(statement)]
    if as_json:
        print_json(people)
        return
    heads = [said(f"users.{head}") for head in ("login", "name", "roles", "state", "last")]
    print_table(
        heads,
        (
            (
                found["login"],
                found["name"],
                _roles_in_words(found["roles"]),
                said(f"user.state.{found['state']}"),
                found["last_sign_in_at"],
            )
            for found in people
        ),
    )


def _roles_in_words(roles: Sequence[str]) -> str:
    """Name each role once, and how often somebody has it by name."""
    counted = Counter(roles)
    return said("format.list").join(
        said(f"role.{role}") + (f" × {many}" if many > 1 else "") for role, many in counted.items()
    )


@user.command("add", short_help="Make an account and print its one-time link.")
@click.argument("login")
@click.argument("name")
@click.option(
    "--role", type=click.Choice([role.value for role in Role]), help="What the person may do."
)
@click.option("--site", default="", help="Where: a site's name, and all below it; else everywhere.")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON object.")
def add_user(*, login: str, name: str, role: str | None, site: str, as_json: bool) -> None:
    """Make an account and print the one-time link with which the person sets a password."""
    with opened() as here:
        given = accounts.Particulars(login=login.lower(), name=name)
        grant = Grant(Role(role), site_named(site)) if role else None
        made = accounts.create(given, grant, by=here.by, at=here.at)
        token = make_link(made, LinkPurpose.SET_PASSWORD, at=here.at)
        db.session.commit()
        _print_link(here, made, token, as_json=as_json)


@user.command("reset", short_help="Print a new one-time link.")
@click.argument("login")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON object.")
def reset_user(*, login: str, as_json: bool) -> None:
    """Print a new one-time link; an account that is shut or locked is opened.

    The old password works until the link is used.
    """
    with opened() as here:
        found = _named(login)
        if not found.is_enabled or found.locked_until_at:
            accounts.open_again(found, by=here.by, at=here.at)
        token = accounts.new_link(found, by=here.by, at=here.at)
        db.session.commit()
        _print_link(here, found, token, as_json=as_json)


@user.command("forget-second-factor", short_help="Let the password alone open an account.")
@click.argument("login")
def forget_second_factor(*, login: str) -> None:
    """Let the password alone open an account again, whose phone and recovery codes are lost."""
    with opened() as here:
        found = _named(login)
        second_factor.remove(found, by=here.by, at=here.at)
        db.session.commit()
        tell("cli.second_factor_gone", name=found.name, login=found.login)


def _named(login: str) -> User:
    found = db.session.scalar(select(User).where(User.login == login.lower()))
    if found is None:
        raise Refused("cli.no_user", login=login)
    return found


def _print_link(here: Opened, made: User, token: str, *, as_json: bool) -> None:
    link = f"{here.settings.own_url}/welcome/{token}"
    if as_json:
        print_json({"login": made.login, "link": link})
        return
    tell("cli.user_link", name=made.name)
    click.echo(f"  {link}")


def _told(found: User, here: Opened) -> dict[str, Any]:
    return {
        "login": found.login,
        "name": found.name,
        "state": standing_of(found, at=here.at).value,
        "roles": [grant.role.value for grant in found.grants_at(here.at)],
        "last_sign_in_at": found.last_sign_in_at,
        "is_demo": found.is_demo,
    }


COMMANDS = (user,)
