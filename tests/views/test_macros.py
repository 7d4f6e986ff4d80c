"""The words of the design language: states, empty places, forms, bars."""

import pytest

from itops.errors import FieldError, Invalid, Message, Refused
from itops.views.showing.forms import Form


@pytest.fixture
def render(app):
    """Render a line of template with the macros at hand, in English."""

    def rendered(text: str, **values: object) -> str:
        imports = '{% import "_macros.html" as m %}{% import "_forms.html" as f %}'
        with app.test_request_context(headers={"Accept-Language": "en"}):
            return str(app.jinja_env.from_string(imports + text).render(**values)).strip()

    return rendered


@pytest.mark.parametrize(
    ("state", "css", "word"),
    [
        ("critical", "crit", "Critical"),
        ("unknown", "unk", "Unknown"),
        ("warning", "warn", "Warning"),
        ("ok", "ok", "OK"),
        ("crit", "crit", "Critical"),
        ("OK", "ok", "OK"),
    ],
)
def test_a_state_is_a_shape_a_colour_and_a_word(render, state, css, word):
    expected = f'<span class="st {css}"><i class="g {css}" aria-hidden="true"></i>{word}</span>'
    assert render("{{ m.st(state) }}", state=state) == expected


def test_a_more_exact_word_takes_the_place_of_the_states(render):
    assert ">已满<" in render("{{ m.st('critical', '已满') }}")


def test_whatever_stands_in_a_macro_is_escaped(render):
    nasty = "<script>&\"'"
    for text in (
        "{{ m.st('ok', x) }}",
        "{{ m.head(x, note=x) }}",
        "{{ m.sheet_head(x, x) }}",
        "{{ m.say_box('ok', x) }}",
        "{{ m.empty('nothing_yet', x, x) }}",
        "{{ m.crumbs([(x, x)]) }}",
        "{{ m.bar(50, label=x) }}",
        "{{ m.spark([1], x) }}",
        "{{ m.progress(x, 1, 2) }}",
        "{{ m.pager(next_url=x) }}",
        "{{ f.field(form, 'a', x, hint=x) }}",
        "{{ f.field(form, 'a', 'a', kind='textarea') }}",
        "{{ f.field(form, 'a', 'a', kind='select', options=[(x, x)]) }}",
        "{{ f.pick(form, 'a', x, [(x, x, x)]) }}",
        "{{ f.errors(form, {'b': x}) }}",
    ):
        page = render(text, x=nasty, form=Form({"a": nasty}, {"b": Message("state.ok")}))
        assert "<script>" not in page, text
        assert "&lt;script&gt;&amp;&#34;&#39;" in page, text


@pytest.mark.parametrize(
    ("kind", "word"),
    [
        ("nothing_yet", "Nothing here yet"),
        ("nothing_matches", "Nothing matches"),
        ("not_allowed", "You may not see this"),
        ("unknown", "Unknown"),
    ],
)
def test_an_empty_place_says_why_it_is_empty(render, kind, word):
    page = render("{{ m.empty(kind, why='Because.') }}", kind=kind)
    assert word in page
    assert "Because." in page
    assert ("g unk" in page) == (kind == "unknown")


def test_an_unknown_bar_has_a_word_and_no_length(render):
    assert render("{{ m.bar(none) }}") == '<span class="mut">Unknown</span>'
    assert 'width="100"' in render("{{ m.bar(140, 'warning') }}")


def test_a_bar_of_parts_puts_them_side_by_side(render):
    parts = [{"state": "critical", "count": 3}, {"state": "ok", "count": 7}]
    page = render("{{ m.parts_bar(parts, '3 of 10') }}", parts=parts)
    assert 'viewBox="0 0 10 1"' in page
    assert 'class="crit" x="0" width="3"' in page
    assert 'class="ok" x="3" width="7"' in page


def test_only_a_critical_count_above_zero_is_loud(render):
    counts = [{"state": "critical", "count": count, "text": "", "url": "#"} for count in (0, 2)]
    page = render("{{ m.counts(counts) }}", counts=counts)
    assert page.count("crit hot") == 1


def test_the_end_of_a_list_is_said(render):
    assert "That is all" in render("{{ m.pager(first_url='?') }}")
    assert "That is all" not in render("{{ m.pager(next_url='?after=9') }}")


def test_a_job_renews_itself_until_it_is_done(render):
    page = render("{{ m.progress('Importing', 1240, 5000, url='/jobs/7') }}")
    assert 'hx-get="/jobs/7"' in page
    assert "1,240 of 5,000 rows" in page
    assert "hx-get" not in render("{{ m.progress('Done', 5, 5) }}")


def test_a_field_that_is_wrong_keeps_what_was_typed_and_says_what_to_write(render):
    wrong = Invalid.many([FieldError("minutes", Message("frame.demo"))])
    form = Form.refused({"minutes": "forty"}, wrong)
    page = render("{{ f.field(form, 'minutes', 'Minutes', hint='As digits') }}", form=form)
    assert 'value="forty"' in page
    assert 'aria-invalid="true" aria-describedby="minutes-error"' in page
    assert 'id="minutes-error"' in page
    assert "As digits" not in page


def test_a_field_that_is_right_is_described_by_its_hint(render):
    page = render(
        "{{ f.field(form, 'on', 'Day', kind='date', hint='x', required=true) }}", form=Form()
    )
    assert 'aria-describedby="on-hint"' in page
    assert 'aria-required="true"' in page
    assert "aria-invalid" not in page


def test_a_password_is_never_sent_back(render):
    page = render("{{ f.field(form, 'p', 'P', kind='password') }}", form=Form({"p": "hunter2"}))
    assert "hunter2" not in page


def test_what_was_chosen_stays_chosen(render):
    form = Form({"kind": 2, "agree": "1", "how": "b"})
    select = "{{ f.field(form, 'kind', 'Kind', kind='select', options=[(1, 'a'), (2, 'b')]) }}"
    assert '<option value="2" selected>' in render(select, form=form)
    assert " checked" in render("{{ f.field(form, 'agree', 'A', kind='check') }}", form=form)
    pick = "{{ f.pick(form, 'how', 'How', [('a', 'A'), ('b', 'B')]) }}"
    assert 'value="b" checked' in render(pick, form=form)


def test_the_errors_on_top_are_counted_and_lead_to_their_fields(render):
    wrong = Invalid.many([FieldError(name, Message("frame.demo")) for name in ("a", "b")])
    page = render(
        "{{ f.errors(form, {'a': 'First', 'b': 'Second'}) }}", form=Form.refused({}, wrong)
    )
    assert 'role="alert"' in page
    assert "2 fields need a change" in page
    assert '<a href="#a">First</a> <a href="#b">Second</a>' in page


def test_a_refusal_of_the_whole_form_is_said_on_top(render):
    form = Form.refused({}, Refused("frame.demo"))
    assert "Demo data" in render("{{ f.errors(form, {}) }}", form=form)
    assert render("{{ f.errors(form, {}) }}", form=Form()) == ""
