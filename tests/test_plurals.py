"""English says "1 machine": a count beside a noun chooses the noun's form."""

import pytest

from itops.i18n import translate


@pytest.mark.parametrize(
    ("key", "given", "said"),
    [
        ("order.items_done", {"done": 0, "total": 1, "n": 1}, "0 of 1 machine"),
        ("audit.verify.seals", {"n": 1, "old": 2}, "Compared with 1 seal."),
        ("month.say.alerts", {"n": 1, "unseen": 1}, "Over before anybody acknowledged: 1."),
        ("audit.guarded", {"n": 1}, "1 was missing or altered"),
        ("check.load.said", {"n": 1, "m5": 0.1, "value": 0.1}, "on 1 processor:"),
    ],
)
def test_one_is_said_as_one(key, given, said):
    assert said in translate(key, "en", **given)


@pytest.mark.parametrize(("language", "said"), [("en", "a, HIS, c"), ("zh_Hans", "a、医院系统、c")])
def test_several_things_are_listed_as_the_language_lists_them(language, said):
    things = ["a", {"name": "医院系统", "name_en": "HIS"}, "c"]
    assert said in translate("check.rule.choice", language, choices=things)
