"""A program reads exactly what the pages show to its person, over random hospitals and people."""

from random import Random

import pytest

from itops.api.v1.lists import LISTS
from itops.auth.tokens import SCOPES
from itops.db import db
from tests.auth import worlds
from tests.auth.programs import Program, token_of
from tests.auth.worlds import World
from tests.conftest import Client, empty

ANSWERS = 1_000


@pytest.mark.both_databases
@pytest.mark.slow
def test_a_list_holds_what_its_person_may_see_and_nothing_else(any_app, full, record_property):
    any_app.testing, any_app.test_client_class = True, Client
    answers, rows, seed = 0, 0, 0
    wrong: list[object] = []
    while answers < full(ANSWERS) and not wrong:
        random = Random(seed)  # noqa: S311 - the same each time
        world = worlds.make(random)
        for user in world.people:
            scope = random.sample(SCOPES, random.randint(1, len(SCOPES)))
            program = Program(any_app, token_of(user, scope=scope))
            for listing in LISTS:
                wanted = expected(world, user, listing) if listing.permission in scope else set()
                found = read(program, f"/api/v1/{listing.name}?limit=3")
                answers, rows = answers + 1, rows + len(found)
                if found != wanted:
                    wrong.append((seed, listing.name, user.id, found ^ wanted))
        db.session.remove()
        empty()
        seed += 1
    record_property("answers", answers)
    record_property("rows", rows)
    assert wrong == []
    assert rows > answers / 2


def expected(world: World, user, listing) -> set[int]:
    kind = listing.name.removesuffix("s")
    return {
        one.id
        for one in world.things
        if one.kind == kind and world.covers(user, listing.permission, one)
    }


def read(program: Program, address: str) -> set[int]:
    """Return the numbers on all pages of a list; of one that is refused, none."""
    found: set[int] = set()
    following: str | None = address
    while following:
        answer = program.get(following)
        if answer.status_code == 403:
            return set()
        page = answer.get_json()
        found |= {item["id"] for item in page["items"]}
        following = page["next"]
    return found
