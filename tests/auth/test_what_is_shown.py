"""No page, list, count, search, export or message tells of what its reader may not see.

And, so that this can fail, each list tells of all that they may see. Over random trees of sites,
random things and random people, every page that needs no key and those of single things.
"""

import re
import zipfile
from collections import Counter
from io import BytesIO
from random import Random

import pytest
from werkzeug.test import TestResponse

from itops.auth.permissions import Permission
from itops.clock import utcnow
from itops.db import db
from itops.models import Alert, User
from itops.services.alerting.readers import may_read
from itops.services.alerting.surroundings import Surroundings
from tests.auth import worlds
from tests.auth.matrix import routes
from tests.auth.signed_in import browser
from tests.auth.worlds import Thing, World
from tests.conftest import empty

CASES = 10_000
Read = Counter[int | str]
MARK = re.compile(r"zq[a-z]+\d+z")
#: Lists that tell of everything of a kind that their reader may see.
COMPLETE = {
    "/alerts": "alert",
    "/alerts/quiets": "quiet",
    "/assets": "asset",
    "/assets/export.csv": "asset",
    "/assets/export.xlsx": "asset",
    "/backups": "backup",
    "/checks": "check",
    "/enrolment": "code",
    "/hosts": "host",
    "/maintenance": "order",
    "/maintenance/plans": "plan",
    "/modules": "module",
    "/tickets": "ticket",
}
#: Kinds that the one search finds, and the searches of their own lists.
SEARCHED = {
    "asset": "/assets?q={}",
    "backup": "/backups?q={}",
    "host": "/hosts?q={}",
    "module": "/modules?q={}",
    "order": "/maintenance?shelf=all&q={}",
    "ticket": "/tickets?status=all&q={}",
}
#: Pages of one thing, by its kind.
OF_ONE = {
    "alert": ("/alerts/{}",),
    "asset": ("/assets/{}", "/assets/{}/edit", "/labels/asset/{}", "/modules/stands/asset/{}"),
    "backup": ("/backups/{}", "/backups/{}/edit"),
    "check": ("/checks/{}", "/checks/{}/series", "/checks/{}/edit"),
    "host": ("/hosts/{}", "/hosts/{}/series", "/hosts/{}/inventory", "/hosts/{}/link"),
    "module": ("/modules/{}", "/modules/{}/edit", "/modules/stands/module/{}"),
    "order": ("/maintenance/orders/{}",),
    "plan": ("/maintenance/plans/{}", "/maintenance/plans/{}/edit"),
    "ticket": ("/tickets/{}", "/tickets/{}/edit"),
}


@pytest.mark.both_databases
@pytest.mark.slow
def test_whatever_is_read_shows_what_its_reader_may_see_and_no_more(any_app, full, record_property):
    wanted, read, seed = full(CASES), Read(), 0
    wrong: list[str] = []
    while _told(read) < wanted and not wrong:
        random = Random(seed)  # noqa: S311 - the same each time
        with any_app.app_context():
            world = worlds.make(random)
            wrong += _messages(world, read)
            for user in world.people:
                wrong += _read_everything(any_app, world, user, random, read)
            db.session.rollback()
        empty()
        seed += 1
    record_property("pages", _told(read))
    record_property("messages", read["message"])
    assert wrong == []
    assert read["complete"] > wanted / 20


def _told(read: Read) -> int:
    """Return how many answers told something: a page that a role may not open at all does not."""
    return sum(number for what, number in read.items() if what not in {403, "complete"})


def _read_everything(app, world: World, user: User, random: Random, read: Read) -> list[str]:
    client, allowed, wrong = browser(app, user), world.seen_by(user), []
    for address in _addresses(app):
        answer = client.get(address)
        read[answer.status_code] += 1
        shown = _marks(answer)
        if shown - allowed:
            wrong.append(f"{address} tells {_who(user)} of {sorted(shown - allowed)}")
        kind = COMPLETE.get(address)
        if kind and answer.status_code == 200:
            read["complete"] += 1
            of_kind = [one for one in world.things if one.kind == kind]
            permission = _permission(app, address)
            whole = {one.mark for one in of_kind if world.covers(user, permission, one)}
            missing = whole - shown
            if missing:
                wrong.append(f"{address} keeps {sorted(missing)} from {_who(user)}")
    for thing in [*random.sample(world.things, 6), *_shared(world, user)]:
        wrong += _read_one(app, client, world, user, thing, read)
        wrong += _search_one(client, world, user, thing, read)
    return wrong


def _shared(world: World, user: User) -> list[Thing]:
    """Return orders over several machines of which a person reaches some: too few for the dice."""
    orders = [one for one in world.things if one.kind == "order" and len(one.assets) > 1]
    return [one for one in orders if world.covers(user, Permission.VIEW_MAINTENANCE, one)][:2]


def _search_one(client, world: World, user: User, thing: Thing, read: Read) -> list[str]:
    """Search for a thing by its mark, everywhere where things are searched for."""
    own, wrong = SEARCHED.get(thing.kind), []
    may_see = world.covers(user, worlds.SEEN_WITH[thing.kind], thing)
    for pattern in ("/search?q={}", *SEARCHED.values()):
        # In capitals, so that what was typed isn't taken for what was found.
        address = pattern.format(thing.mark.upper())
        answer = client.get(address)
        read[answer.status_code] += 1
        if _marks(answer) - world.seen_by(user):
            wrong.append(f"{address} tells {_who(user)} of {sorted(_marks(answer))}")
        is_complete = own is not None and pattern in {own, "/search?q={}"}
        if is_complete and may_see and thing.mark not in _marks(answer):
            wrong.append(f"{address} keeps {thing} from {_who(user)}")
    return wrong


def _read_one(app, client, world: World, user: User, thing: Thing, read: Read) -> list[str]:
    wrong = []
    for pattern in OF_ONE.get(thing.kind, ()):
        answer = client.get(pattern.format(thing.id))
        permission = _permission(app, pattern.format(thing.id))
        read[answer.status_code] += 1
        if (answer.status_code not in {403, 404}) != world.covers(user, permission, thing):
            wrong.append(f"{pattern} of {thing} answers {answer.status_code} to {_who(user)}")
        if _marks(answer) - world.seen_by(user):
            wrong.append(f"{pattern} of {thing} tells {_who(user)} {_marks(answer)}")
    return wrong


def _messages(world: World, read: Read) -> list[str]:
    """Ask of everybody and every alert whether a message about it would be sent."""
    around, wrong = Surroundings(utcnow()), []
    for user in world.people:
        for thing in (one for one in world.things if one.kind == "alert"):
            read["message"] += 1
            alert = db.session.get_one(Alert, thing.id)
            if may_read(user, alert, around) != world.covers(user, Permission.VIEW_ALERTS, thing):
                wrong.append(f"a message about {thing} to {_who(user)}")
    return wrong


def _addresses(app) -> list[str]:
    plain = [route for method, route in routes(app) if method == "GET" and "<" not in route]
    return [*sorted(plain), "/assets/export.csv", "/assets/export.xlsx"]


def _permission(app, address: str) -> Permission:
    endpoint, _ = app.url_map.bind("localhost").match(address)
    return Permission(app.view_functions[endpoint].permission)


def _marks(answer: TestResponse) -> set[str]:
    """Return the marks that stand in what was answered, in a spreadsheet's parts too."""
    if answer.data[:2] == b"PK":
        with zipfile.ZipFile(BytesIO(answer.data)) as parts:
            texts = [parts.read(name).decode(errors="replace") for name in parts.namelist()]
        return set(MARK.findall(" ".join(texts)))
    return set(MARK.findall(answer.get_data(as_text=True)))


def _who(user: User) -> list[tuple[str, int | None, int | None]]:
    return [(grant.role.value, grant.site_id, grant.department_id) for grant in user.grants]
