"""Two people edit one thing, in any order: nothing that was saved is lost, and nothing typed."""

from random import Random

import pytest

from itops.db import db
from itops.models import Role
from tests import factories
from tests.views.forms_read import Form

pytestmark = pytest.mark.slow


def an_asset() -> str:
    return f"/assets/{factories.asset(name='起初').id}/edit"


def a_module() -> str:
    return f"/modules/{factories.module(name='起初').id}/edit"


def a_backup() -> str:
    return f"/backups/{factories.backup(name='起初').id}/edit"


def a_ticket() -> str:
    return f"/tickets/{factories.ticket(title='起初').id}/edit"


def a_check() -> str:
    return f"/checks/{factories.check(name='起初', params={'port': 80}).id}/edit"


THINGS = {"name": (an_asset, a_module, a_backup, a_check), "title": (a_ticket,)}


@pytest.mark.parametrize("seed", range(10))
def test_no_order_of_two_editors_loses_what_was_saved_or_typed(app, sign_in, full, seed):
    random = Random(seed)  # noqa: S311 - the same each time
    editors = [sign_in(Role.HEAD, login=f"{name}{seed}") for name in ("anna", "bo")]
    refused = 0
    for number in range(full(100)):
        field = random.choice(list(THINGS))
        path = random.choice(THINGS[field])()
        db.session.commit()
        refused += take_turns(editors, path, field, random, f"{seed}-{number}")
    assert refused  # else nobody was ever too late


def take_turns(editors, path, field, random, mark) -> int:
    """Let two read and save in some order; return how many of them were too late."""
    opened: list[dict[str, str]] = [{}, {}]
    saved, refused = "起初", 0
    for turn in range(6):
        who = random.randrange(2)
        if not opened[who] or random.random() < 0.4:
            page = editors[who].get(path)
            opened[who] = Form(page.text, wanted=field).fields
            assert opened[who][field] == saved, path
            continue
        typed = f"改{mark}-{turn}"
        answer = editors[who].post(path, data=opened[who] | {field: typed})
        if answer.status_code in {302, 303}:
            assert opened[who][field] == saved, f"{path}: {saved} was overwritten unseen"
            saved = typed
        else:
            refused += 1
            assert answer.status_code == 409, (path, answer.status_code)
            assert typed in answer.text, f"{path}: what was typed is lost"
            assert saved in answer.text, f"{path}: the other's version is not shown"
        opened[who] = {}
    return refused
