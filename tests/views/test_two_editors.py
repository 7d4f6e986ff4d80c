"""Two people edit one thing, in any order: nothing that was saved is lost, and nothing typed.

What one of them left as it was is never counted as theirs.
"""

from random import Random
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import func, select, update

from itops.db import db
from itops.models import AuditEntry, CredentialKind, Impact, Role, Ticket
from tests import factories
from tests.views.edit_forms import EDIT_FORMS, an_asset, editor
from tests.views.forms_read import Form

ZONE = ZoneInfo("Asia/Shanghai")

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("seed", range(10))
def test_no_order_of_two_editors_loses_what_was_saved_or_typed(app, sign_in, full, seed):
    random = Random(seed)  # noqa: S311 - the same each time
    editors = [editor(sign_in, f"{name}{seed}") for name in ("anna", "bo")]
    refused = 0
    for number in range(full(100)):
        edited = random.choice(list(EDIT_FORMS.values()))
        path = edited.make(f"起初{number}")
        db.session.commit()
        ways = path, edited.target(path)
        refused += take_turns(editors, ways, edited.words[0], random, number)
    assert refused  # else nobody was ever too late


def take_turns(editors, ways, field, random, mark) -> int:
    """Let two read and save in some order; return how many of them were too late."""
    path, target = ways
    opened: list[dict[str, str]] = [{}, {}]
    saved, refused = f"起初{mark}", 0
    for turn in range(6):
        who = random.randrange(2)
        if not opened[who] or random.random() < 0.4:
            page = editors[who].get(path)
            opened[who] = Form(page.text, wanted=field).fields
            assert opened[who][field] == saved, path
            continue
        typed = f"改{mark}-{turn}"
        answer = editors[who].post(target, data=opened[who] | {field: typed})
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


@pytest.mark.parametrize("seed", range(10))
def test_what_one_left_as_it_was_takes_the_others_change(app, sign_in, full, seed):
    random = Random(seed)  # noqa: S311 - the same each time
    editors = [editor(sign_in, f"{name}{seed}") for name in ("anna", "bo")]
    disputes = []
    for number in range(full(100)):
        edited = random.choice([one for one in EDIT_FORMS.values() if len(one.words) > 2])
        path, names = edited.make(), edited.words
        db.session.commit()
        changed = [
            {
                name: f"{who}{number}{name}"
                for name in random.sample(names, random.choice((1, 1, 2)))
            }
            for who in "甲乙"
        ]
        disputes.append(edit_at_once(editors, path, names, changed))
    assert any(disputes)
    assert not all(disputes)


def edit_at_once(editors, path, names, changed) -> bool:
    """Let two who read the same change it one after the other; return whether they disputed.

    The model: a save is refused if both changed a field, and else keeps what each changed.
    """
    read = [Form(one.get(path).text, wanted=names[0]).fields for one in editors]
    assert editors[0].post(path, data=read[0] | changed[0]).status_code in {302, 303}
    answer = editors[1].post(path, data=read[1] | changed[1])
    wanted = {name: read[0][name] for name in names} | changed[0] | changed[1]
    both = changed[0].keys() & changed[1].keys()
    if both:
        assert answer.status_code == 409, path
        again = Form(answer.text, wanted=names[0]).fields
        assert {name: again[name] for name in names} == wanted
        assert {name for name in names if f'href="#{name}"' in answer.text} == both
        answer = editors[1].post(path, data=again)
    assert answer.status_code in {302, 303}, path
    shown = Form(editors[0].get(path).text, wanted=names[0]).fields
    assert {name: shown[name] for name in names} == wanted, path
    return bool(both)


def test_who_is_late_reads_who_changed_it_and_when(app, sign_in):
    path = an_asset()
    db.session.commit()
    anna, bo = (sign_in(Role.HEAD, login=name, name=name.title()) for name in ("anna", "bo"))
    read = [Form(one.get(path).text, wanted="name").fields for one in (anna, bo)]
    anna.post(path, data=read[0] | {"name": "安娜写的", "notes": "保修到期"})
    page = bo.post(path, data=read[1] | {"name": "博写的"}).text
    at = db.session.scalars(select(AuditEntry.at).where(AuditEntry.action == "asset.edited")).one()
    assert f"Anna changed this at {at.astimezone(ZONE):%H:%M}, while you were writing." in page
    assert "Yours is not saved yet." in page
    assert "安娜写的" in page
    assert "博写的" in page
    assert Form(page, wanted="name").fields["notes"] == "保修到期"


def test_who_is_late_with_something_else_is_told_what_was_kept(app, sign_in):
    path = an_asset()
    db.session.commit()
    anna, bo = (sign_in(Role.HEAD, login=name, name=name.title()) for name in ("anna", "bo"))
    read = [Form(one.get(path).text, wanted="name").fields for one in (anna, bo)]
    anna.post(path, data=read[0] | {"notes": "保修到期"})
    page = bo.post(path, data=read[1] | {"name": "博写的"}, follow_redirects=True).text
    assert "Anna changed this at" in page
    assert "That stays beside yours: Notes." in page
    written = select(func.count()).where(AuditEntry.action == "asset.edited")
    assert db.session.scalar(written) == 2


def test_who_edits_in_two_windows_is_told_that_it_was_themselves(app, sign_in):
    path = an_asset()
    db.session.commit()
    anna = sign_in(Role.HEAD, login="anna")
    first, second = (Form(anna.get(path).text, wanted="name").fields for _ in range(2))
    anna.post(path, data=first | {"name": "第一个窗口"})
    page = anna.post(path, data=second | {"name": "第二个窗口"}).text
    assert "You changed this yourself at" in page


def test_a_mistake_after_a_race_loses_nothing_of_the_other(app, sign_in):
    path = an_asset()
    db.session.commit()
    anna, bo = (sign_in(Role.HEAD, login=name) for name in ("anna", "bo"))
    read = [Form(one.get(path).text, wanted="name").fields for one in (anna, bo)]
    anna.post(path, data=read[0] | {"notes": "保修到期"})
    wrong = bo.post(path, data=read[1] | {"purchased_on": "never"})
    assert wrong.status_code == 400
    form = Form(wrong.text, wanted="name").fields
    assert bo.post(path, data=form | {"purchased_on": "2026-01-01"}).status_code == 302
    assert Form(anna.get(path).text, wanted="name").fields["notes"] == "保修到期"


def test_what_was_shown_is_no_word_that_somebody_typed(app, sign_in):
    """A form that comes after its session has ended is shown without its hidden fields."""
    path = an_asset()
    db.session.commit()
    form = Form(sign_in(Role.HEAD).get(path).text, wanted="name").fields
    page = app.test_client().post(path, data=form | {"name": "新的"}).text
    assert '<p class="in pre">新的</p>' in page
    assert '<p class="in pre">起初</p>' not in page


@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "?"])
def test_a_moment_that_nobody_can_have_read_at_is_no_fault(app, sign_in, moment):
    path = an_asset()
    db.session.commit()
    anna, bo = (sign_in(Role.HEAD, login=name) for name in ("anna", "bo"))
    read = [Form(one.get(path).text, wanted="name").fields for one in (anna, bo)]
    anna.post(path, data=read[0] | {"name": "安娜写的"})
    answer = bo.post(path, data=read[1] | {"name": "博写的", "was.read_at": moment})
    assert answer.status_code == 409
    assert "Somebody changed this while you were writing." in answer.text


def test_what_is_lifted_beside_the_version_stays_lifted(sign_in):
    """A crowd says “me too” while the desk writes a better title."""
    ticket = factories.ticket(impact=Impact.ONE)
    db.session.commit()
    path, desk = f"/tickets/{ticket.id}/edit", sign_in(Role.HEAD)
    form = Form(desk.get(path).text, wanted="title").fields
    db.session.execute(update(Ticket).values(impact=Impact.HOSPITAL))
    db.session.commit()
    assert desk.post(path, data=form | {"title": "全院打不开"}).status_code == 302
    db.session.expire_all()
    assert (ticket.title, ticket.impact) == ("全院打不开", Impact.HOSPITAL)


def test_a_secret_and_the_address_that_it_is_sent_to_are_one_matter(sign_in):
    community = factories.credential("public", kind=CredentialKind.SNMP_COMMUNITY)
    other = factories.credential("private", kind=CredentialKind.SNMP_COMMUNITY)
    check = factories.check(kind="ups_snmp", address="10.0.0.1", port=161, credential=community)
    db.session.commit()
    path = f"/checks/{check.id}/edit"
    anna, bo = (sign_in(Role.HEAD, login=name) for name in ("anna", "bo"))
    read = [Form(one.get(path).text, wanted="address").fields for one in (anna, bo)]
    assert bo.post(path, data=read[1] | {"address": "10.66.66.66"}).status_code == 302
    late = anna.post(path, data=read[0] | {"credential_id": str(other.id)})
    assert late.status_code == 409
    assert "10.66.66.66" in late.text
    db.session.expire_all()
    assert (check.address, check.credential_id) == ("10.66.66.66", community.id)


def test_a_plans_days_are_one_matter(sign_in):
    path = EDIT_FORMS["plan"].make()
    db.session.commit()
    anna, bo = (editor(sign_in, name) for name in ("anna", "bo"))
    read = [Form(one.get(path).text, wanted="name").fields for one in (anna, bo)]
    assert anna.post(path, data=read[0] | {"unit": "month"}).status_code == 302
    late = bo.post(path, data=read[1] | {"weekday-2": "1"})
    assert late.status_code == 409
    assert 'href="#unit"' in late.text


def test_a_question_that_the_other_took_out_does_not_shift_what_is_asked(sign_in):
    path = EDIT_FORMS["plan"].make()
    db.session.commit()
    anna, bo = (editor(sign_in, name) for name in ("anna", "bo"))
    read = [Form(one.get(path).text, wanted="name").fields for one in (anna, bo)]
    assert anna.post(path, data=read[0] | {"text-0": ""}).status_code == 302
    late = bo.post(path, data=read[1] | {"low-0": "10"})
    assert late.status_code == 409
    assert {"text-0", "unit-0", "text-1"} <= {one for one in read[1] if f'#{one}"' in late.text}
    again = Form(late.text, wanted="name").fields
    assert (again["text-0"], again["low-0"], again["text-1"]) == ("温度", "10", "备注")


def test_questions_that_another_added_stay(sign_in):
    path = EDIT_FORMS["plan"].make()
    db.session.commit()
    anna, bo = (editor(sign_in, name) for name in ("anna", "bo"))
    late = Form(bo.get(path).text, wanted="name").fields
    for row in range(2, 8):
        read = Form(anna.get(path).text, wanted="name").fields
        assert anna.post(path, data=read | {f"text-{row}": f"新{row}"}).status_code == 302
    assert "text-7" not in late
    assert bo.post(path, data=late | {"name": "改名"}).status_code == 302
    now = Form(anna.get(path).text, wanted="name").fields
    assert [now[f"text-{row}"] for row in (0, 1, 2, 7)] == ["温度", "备注", "新2", "新7"]


def test_a_password_goes_to_no_server_that_another_has_written_meanwhile(sign_in):
    path = EDIT_FORMS["channel"].make()
    db.session.commit()
    anna, bo = (editor(sign_in, name) for name in ("anna", "bo"))
    read = [Form(one.get(path).text, wanted="name").fields for one in (anna, bo)]
    assert bo.post(path, data=read[1] | {"host": "evil.example"}).status_code == 302
    late = anna.post(path, data=read[0] | {"password": "guess-me"})
    assert late.status_code == 409
    assert "evil.example" in late.text
    assert "guess-me" not in late.text
