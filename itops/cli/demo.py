"""`itops demo load|remove|story`: the demo hospital, and the loop played with real parts."""

import click
from sqlalchemy import inspect

from itops import config, create_app
from itops.cli.listening import as_served
from itops.cli.printing import print_json, said, tell
from itops.cli.story.command import story
from itops.clock import utcnow
from itops.db import db, reading
from itops.errors import Refused
from itops.services.auditing import Actor
from itops.services.demo import loading, ordering, people, removing
from itops.services.first_start import make_ready
from itops.sqlite import give_way

BY = Actor(None, "itops demo")


@click.group(short_help="Load or remove the demo hospital.")
def demo() -> None:
    """Load or remove the demo hospital, which is marked as demo everywhere."""


@demo.command(short_help="Load the demo hospital, or finish loading it.")
@click.option("--json", "as_json", is_flag=True, help="Print the sign-in links as JSON.")
def load(*, as_json: bool) -> None:
    """Load the demo hospital, or finish loading it; print one sign-in link a role."""
    from rich.progress import Progress  # noqa: PLC0415 - only wanted here, and slow to load

    settings = as_served(config.load())
    with create_app(settings).app_context(), Progress(transient=True, disable=as_json) as bars:
        _leave_it_to_the_server()
        make_ready(at=utcnow())
        bar = bars.add_task("", total=None)

        def progress(done: int, total: int) -> None:
            db.session.commit()
            give_way()
            bars.update(bar, completed=done, total=total)

        loading.load_demo(progress, by=BY.name, at=utcnow())
        made = [
            {"role": str(role), "link": f"{settings.own_url}/welcome/{token}"}
            for role, token in people.links(at=utcnow())
        ]
        db.session.commit()
    if as_json:
        print_json(made)
    else:
        for entry in made:
            click.echo(f"{entry['role']:20} {entry['link']}")


def _leave_it_to_the_server() -> None:
    """Raise Refused if a server loads the demo: it writes all the time, so this only reads."""
    with reading():
        is_under_way = inspect(db.engine).has_table("job") and ordering.is_under_way()
        db.session.rollback()
    if is_under_way:
        raise Refused("demo.on_its_way")


@demo.command()
@click.confirmation_option(
    prompt=said("demo.remove_question"),
    help="Don't ask whether it is meant.",
)
def remove() -> None:
    """Remove the demo hospital, with what was entered at its sites, and nothing else."""
    with create_app(config.load()).app_context():
        make_ready(at=utcnow())
        count = removing.remove_demo(by=BY, at=utcnow())
        db.session.commit()
    tell("demo.removed_count", n=count)


demo.add_command(story)

COMMANDS = (demo,)
