"""A form that leaves a field out, crafted or from before an upgrade, empties nothing."""

import pytest

from itops.db import db
from itops.models import Role
from tests.views.edit_forms import EDIT_FORMS
from tests.views.forms_read import Form

#: What the form says of itself, and not of the thing.
OWN = {"version", "was.version", "was.read_at"}


@pytest.mark.parametrize("says_what_it_showed", [True, False])
@pytest.mark.parametrize("kind", EDIT_FORMS)
def test_a_field_that_a_form_leaves_out_stays_as_it_is(sign_in, kind, says_what_it_showed):
    edited, editor = EDIT_FORMS[kind], sign_in(Role.HEAD)
    path, name = edited.make(), edited.words[0]
    db.session.commit()

    def read() -> dict[str, str]:
        return Form(editor.get(path).text, wanted=name).fields

    filled = read() | edited.filled
    assert editor.post(path, data=filled).status_code == 302
    before = read()
    assert {one: before[one] for one in edited.filled} == edited.filled
    hidden = {one: text for one, text in before.items() if one.startswith("was.")}
    left = hidden if says_what_it_showed else {}
    answer = editor.post(path, data=left | {"version": before["version"], name: "新的"})
    assert answer.status_code == 302
    after, new = read(), {name: "新的", f"was.{name}": "新的"}
    assert about(after) == about(before) | new


def about(fields: dict[str, str]) -> dict[str, str]:
    return {one: text for one, text in fields.items() if one not in OWN}
