"""What pages load: joined, packed, kept for good, and never heavier than it may be."""

import re
from gzip import decompress

import pytest

from itops.views.answering.static_files import STATIC, STYLESHEET, all_files, joined, minified

FILES = all_files()
#: What each may weigh packed, in bytes (the budget of a page is 60 kB with its HTML).
BUDGET = {STYLESHEET: 10_000, "js/itops.js": 3_000, "charts.js": 6_000, "icon.svg": 500}


@pytest.mark.parametrize(
    ("css", "expected"),
    [
        ("a > b, i {\n  color: red;\n}\n", "a > b,i{color:red}"),
        ("/* why */ a :hover {\n  margin: 0 -1px;\n}", "a :hover{margin:0 -1px}"),
        ('a::before {\n  content: attr(data-l) " ";\n}', 'a::before{content:attr(data-l) " "}'),
        ("a {\n  width: calc(100% + 2px);\n}", "a{width:calc(100% + 2px)}"),
        (
            "@media (max-width: 9px) {\n  a {\n    top: 0;\n  }\n}",
            "@media (max-width: 9px){a{top:0}}",
        ),
    ],
)
def test_minifying_takes_only_what_means_nothing(css, expected):
    assert minified(css) == expected


@pytest.mark.parametrize("name", BUDGET)
def test_a_file_stays_within_its_budget(name):
    assert len(FILES[name].packed) <= BUDGET[name]


def test_the_stylesheet_holds_every_section():
    sheet = FILES[STYLESHEET].body.decode()
    assert sheet == joined(("vendor/*/*.css", "css/*.css"))
    for section in (STATIC / "css").glob("*.css"):
        assert minified(section.read_text("utf-8")) in sheet, section.name


def test_both_ways_into_the_dark_are_the_same():
    tokens = (STATIC / "css/01-tokens.css").read_text("utf-8")
    system, chosen = re.findall(r"color-scheme: dark;([^}]+)}", tokens)
    assert system.split() == chosen.split()


def test_every_token_that_is_used_is_defined():
    sheet = FILES[STYLESHEET].body.decode()
    used = set(re.findall(r"var\((--[\w-]+)", sheet))
    assert used - set(re.findall(r"[{;](--[\w-]+):", sheet)) == set()


def test_no_colour_stands_outside_of_the_tokens_and_paper():
    for section in (STATIC / "css").glob("*.css"):
        if section.name[:2] not in {"01", "91"}:
            rules = re.sub(r"/\*.*?\*/", "", section.read_text("utf-8"), flags=re.DOTALL)
            assert re.findall(r":[^;]*#(?!0003)[0-9a-f]{3,8}\b", rules) == [], section.name


def test_a_file_is_kept_for_good_under_an_address_that_changes_with_it(client, app):
    with app.test_request_context():
        address = app.jinja_env.globals["stylesheet_url"]()
    answer = client.get(address)
    assert answer.headers["Content-Type"] == "text/css; charset=utf-8"
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert answer.data == FILES[STYLESHEET].body
    assert FILES[STYLESHEET].digest in address


def test_a_file_goes_out_packed_to_whoever_can_unpack_it(client, app):
    with app.test_request_context():
        address = app.jinja_env.globals["static_url"]("js/itops.js")
    packed = client.get(address, headers={"Accept-Encoding": "gzip, deflate"})
    assert packed.headers["Content-Encoding"] == "gzip"
    assert packed.headers["Vary"] == "Accept-Encoding"
    assert decompress(packed.data) == client.get(address).data
    assert "Content-Encoding" not in client.get(address).headers


@pytest.mark.parametrize(
    "path",
    [
        "/static/0000000000000000/itops.css",
        f"/static/{FILES[STYLESHEET].digest}/js/itops.js",
        f"/static/{FILES[STYLESHEET].digest}/../app.py",
        "/static/itops.css",
    ],
)
def test_another_address_is_no_file(client, path):
    assert client.get(path).status_code == 404


def test_a_template_that_asks_for_a_file_that_is_not_served_fails_in_tests(app):
    with app.test_request_context(), pytest.raises(KeyError):
        app.jinja_env.from_string("{{ static_url('nothing.js') }}").render()
