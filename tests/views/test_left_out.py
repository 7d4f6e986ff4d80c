"""A form that leaves a field out, crafted or from before an upgrade, empties nothing."""

import pytest

from itops.db import db
from tests.views.edit_forms import EDIT_FORMS, editor
from tests.views.forms_read import Form

#: What the form says of itself, and not of the thing.
OWN = {"version", "was.version", "was.read_at"}


@pytest.mark.parametrize("says_what_it_showed", [True, False])
@pytest.mark.parametrize("kind", EDIT_FORMS)
def test_a_field_that_a_form_leaves_out_stays_as_it_is(sign_in, kind, says_what_it_showed):
    edited, anna = EDIT_FORMS[kind], editor(sign_in)
    path, name = edited.make(), edited.words[0]
    target = edited.target(path)
    db.session.commit()

    def read() -> dict[str, str]:
        return Form(anna.get(path).text, wanted=name).fields

    filled = read() | edited.filled
    assert anna.post(target, data=filled).status_code == 302
    before = read()
    assert {one: before[one] for one in edited.filled} == edited.filled
    hidden = {one: text for one, text in before.items() if one.startswith("was.")}
    ticked = {one: before[one] for one in edited.boxes}
    left = hidden | ticked if says_what_it_showed else {}
    answer = anna.post(target, data=left | {"version": before["version"], name: "新的"})
    assert answer.status_code == 302
    after, new = read(), {name: "新的", f"was.{name}": "新的"}
    assert about(after) == about(before) | new


@pytest.mark.parametrize("kind", [kind for kind, one in EDIT_FORMS.items() if one.boxes])
def test_a_box_that_was_shown_and_is_not_sent_is_unticked(sign_in, kind):
    edited, anna = EDIT_FORMS[kind], editor(sign_in)
    path, name = edited.make(), edited.words[0]
    db.session.commit()
    for box in edited.boxes:
        before = Form(anna.get(path).text, wanted=name).fields
        assert anna.post(path, data=before | {box: "1"}).status_code == 302
        ticked = Form(anna.get(path).text, wanted=name).fields
        unticked = {one: text for one, text in ticked.items() if one != box}
        assert anna.post(path, data=unticked).status_code == 302
        assert (ticked[box], box in Form(anna.get(path).text, wanted=name).fields) == ("1", False)


def about(fields: dict[str, str]) -> dict[str, str]:
    return {one: text for one, text in fields.items() if one not in OWN}
