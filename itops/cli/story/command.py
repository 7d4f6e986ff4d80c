"""`itops demo story`."""

import time
from contextlib import suppress

import click

from itops.cli.printing import tell
from itops.cli.story.acts import Stage
from itops.cli.story.cast import HEAD
from itops.cli.story.installation import acting
from itops.cli.story.playing import play, stage, throw_away
from itops.cli.story.telling import Teller
from itops.clock import utcnow
from itops.db import db
from itops.models import LinkPurpose, User
from itops.services.users.one_time_links import make_link

#: For people there is a moment to look at the pages after each act.
PAUSE_SECONDS = 4.0


@click.command(short_help="Play the whole loop with real parts.")
@click.option("--fast", is_flag=True, help="Don't pause between the acts.")
@click.option("--keep", is_flag=True, help="Keep the hospital, and serve it until Ctrl+C.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line.")
def story(*, fast: bool, keep: bool, as_json: bool) -> None:
    """Play the whole loop with real parts, in an installation of its own.

    A disk fills, the mains fail, a backup is cut short, a nurse reports, dust is cleaned: with a
    real OpenSSH server, Network UPS Tools and PostgreSQL on free ports of this machine. Whatever
    itops is installed here is not touched; at the end all of it is removed.
    """
    told = Teller(as_json=as_json, pause_seconds=0.0 if fast else PAUSE_SECONDS)
    if not as_json:
        tell("story.about")
    with throw_away(keep=keep) as folder:
        with stage(folder, told) as on:
            play(on)
            if keep:
                _stay(on)
        if not keep:
            told.say("end.removed")


def _stay(on: Stage) -> None:
    """Say how to look at what was played, and serve it until somebody has seen enough."""
    variables = " ".join(
        f"{name}={text}" for name, text in on.installation.variables.items() if text
    )
    on.told.say("end.kept", folder=str(on.folder), command=f"{variables} itops run")
    with acting():
        user = db.session.query(User).filter_by(login=HEAD).one()
        token = make_link(user, LinkPurpose.SET_PASSWORD, at=utcnow())
        on.told.say("end.sign_in", name=user.name, url=on.url(f"/welcome/{token}"))
    on.told.say("end.waits")
    with suppress(KeyboardInterrupt):
        while True:
            time.sleep(1)
