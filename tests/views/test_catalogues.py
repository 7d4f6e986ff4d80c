"""The texts: every key that is used has a sentence in both languages, with the same parameters."""

import ast
import re
from collections import Counter
from collections.abc import Iterator
from string import Formatter

import pytest

from itops.i18n import LANGUAGES, TRANSLATIONS, catalogue
from itops.models import (
    Asset,
    Channel,
    Department,
    Dependency,
    EnrolmentCode,
    Host,
    Location,
    Quiet,
    Site,
    Subscription,
    SystemModule,
    User,
)
from itops.services.auditing import NOT_WRITTEN
from tests.test_house import PRODUCT, ROOT, TEMPLATES, named

#: A key as it stands in code: two or more words with dots between.
KEY = r"([a-z][a-z0-9_]*(?:\.[a-z0-9_]+)+)"
USED = re.compile(rf"""\bt(?:_html)?\(\s*["']{KEY}["']""")
RAISED = re.compile(rf"""\b(?:Message|Refused|Conflict|Invalid|Misconfigured)\(\s*["']{KEY}["']""")
RECORDED = re.compile(rf"""\brecord\(\s*["']{KEY}["']""")
#: A key that a template puts together: `"state." ~ name`, `"act." ~ name ~ ".title"`.
JOINED = re.compile(r"""["']([a-z0-9_.]*)["']\s*~\s*[\w.]+(?:\s*~\s*["']([a-z0-9_.]+)["'])?""")
SCRIPTS = list((ROOT / "itops/static/js").rglob("*.js"))
TRANSLATED = re.compile(rf"""\btranslate\(\s*["']{KEY}["']""")


def sentences(language: str) -> dict[str, tuple[str, ...]]:
    found = catalogue(language).sentences
    return {key: (text,) if isinstance(text, str) else tuple(text) for key, text in found.items()}


def parameters(texts: tuple[str, ...]) -> set[str]:
    return {name for text in texts for _, name, _, _ in Formatter().parse(text) if name}


@pytest.mark.parametrize("path", TEMPLATES, ids=named)
def test_every_key_of_a_template_has_a_sentence(path):
    used = set(USED.findall(path.read_text("utf-8")))
    for language in LANGUAGES:
        assert used - set(sentences(language)) == set(), language


def test_every_key_of_the_code_has_a_sentence():
    used = {
        key
        for path in PRODUCT
        for pattern in (RAISED, TRANSLATED)
        for key in pattern.findall(path.read_text("utf-8"))
    }
    for language in LANGUAGES:
        assert used - set(sentences(language)) == set(), language


def literals(text: str) -> Iterator[str]:
    """Yield what stands in code for a key, or for keys: `%s` is a part that is filled in."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value
        elif isinstance(node, ast.JoinedStr):
            yield "".join(
                str(part.value) if isinstance(part, ast.Constant) else "%s" for part in node.values
            )


def literals_of_a_template(text: str) -> Iterator[str]:
    yield from re.findall(r"""["']([a-z0-9_.%]+)["']""", text)
    for prefix, suffix in JOINED.findall(text):
        yield f"{prefix}%s{suffix}"


def test_every_sentence_is_said_somewhere():
    texts = [path.read_text("utf-8") for path in [*TEMPLATES, *SCRIPTS]]
    said = {one for text in texts for one in literals_of_a_template(text)}
    said.update(one for path in PRODUCT for one in literals(path.read_text("utf-8")))
    patterns = [
        re.compile(re.escape(one).replace("%s", "[a-z0-9_.]+"))
        for one in said
        if "%s" in one and re.search(r"[a-z]{3}", one) and re.fullmatch(r"[a-z0-9_.%]+", one)
    ]
    silent = {
        key
        for key in set(sentences("en")) - said
        if not any(pattern.fullmatch(key) for pattern in patterns)
    }
    assert silent == set()


def test_no_key_stands_in_two_catalogues():
    for language in LANGUAGES:
        keys = Counter(
            key
            for path in (TRANSLATIONS / language).glob("*.po")
            for key in re.findall(r'^msgid "(.+)"$', path.read_text("utf-8"), re.MULTILINE)
        )
        assert [key for key, count in keys.items() if count > 1] == [], language


def test_both_languages_have_the_same_keys_and_none_is_empty():
    zh, en = (sentences(language) for language in ("zh_Hans", "en"))
    assert set(zh) == set(en)
    assert [key for key, texts in [*zh.items(), *en.items()] if not all(texts)] == []


def test_both_languages_take_the_same_parameters():
    zh, en = (sentences(language) for language in ("zh_Hans", "en"))
    differing = {
        key: (parameters(zh[key]), parameters(en[key]))
        for key in zh
        if parameters(zh[key]) - {"n"} != parameters(en[key]) - {"n"}
    }
    assert differing == {}


def test_every_action_that_the_log_keeps_has_words():
    actions = {key for path in PRODUCT for key in RECORDED.findall(path.read_text("utf-8"))}
    assert len(actions) > 20
    for language in LANGUAGES:
        assert {f"audit.do.{action}" for action in actions} - set(sentences(language)) == set()


#: Things whose facts the log keeps.
THINGS = [
    User,
    Host,
    Asset,
    Site,
    Department,
    Location,
    EnrolmentCode,
    SystemModule,
    Dependency,
    Quiet,
    Channel,
    Subscription,
]


@pytest.mark.parametrize("thing", THINGS)
def test_every_fact_that_the_log_keeps_of_a_thing_has_a_word(thing):
    kept = {column.key for column in thing.__mapper__.column_attrs} - NOT_WRITTEN
    for language in LANGUAGES:
        assert {f"audit.field.{name}" for name in kept} - set(sentences(language)) == set()


def test_plurals_have_as_many_forms_as_the_language():
    for language, forms in (("zh_Hans", 1), ("en", 2)):
        plural = {
            key: text
            for key, text in catalogue(language).sentences.items()
            if not isinstance(text, str)
        }
        assert {key: text for key, text in plural.items() if len(text) != forms} == {}


def test_a_word_that_we_do_not_use_stands_nowhere():
    """One thing has one word (the table of words in the design)."""
    banned = {
        "zh_Hans": r"工作台|监控中心|预警|提单|凭证|保养|认领|催办|维护模式|屏蔽",
        "en": r"\bDashboard\b|\bN/A\b|[Ss]uccess(fully)?!",
    }
    for language, words in banned.items():
        texts = dict(sentences(language).items())
        assert [k for k, found in texts.items() if re.search(words, " ".join(found))] == []


#: Where 单位 is a unit of measure, or the word of somebody's ledger.
UNITS = {"asset.hint.price", "checklist.unit", "plan.field.unit", "import.site_hint"}


def test_a_site_is_called_the_same_everywhere_and_people_are_addressed_politely():
    texts = dict(sentences("zh_Hans").items())
    assert [k for k, found in texts.items() if "你" in " ".join(found)] == []
    assert {k for k, found in texts.items() if "单位" in " ".join(found)} == UNITS


@pytest.mark.parametrize("family", ["audit.do.", "audit.thing.", "audit.field.", "review."])
def test_words_of_the_log_begin_alike(family):
    said = {key: text for key, text in sentences("en").items() if key.startswith(family)}
    assert [key for key, texts in said.items() if texts[0][:1].islower()] == []
    acts = [text[0] for key, text in sentences("zh_Hans").items() if key.startswith("audit.do.")]
    assert [text for text in acts if "了" in text] == []
