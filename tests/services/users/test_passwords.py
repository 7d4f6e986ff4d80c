"""Passwords: which are taken, and how a typed one is compared."""

from statistics import median

import pytest

from itops.clock import monotonic
from itops.errors import Invalid
from itops.services.users.passwords import COMMONEST, check_rules, hashed, matches

GOOD = "a good long sentence"


@pytest.mark.parametrize(
    ("password", "key"),
    [
        ("short", "password.too_short"),
        ("十一个字的密码还是太短", "password.too_short"),
        ("x" * 201, "password.too_long"),
        ("my name is ZhangWei", "password.has_login"),
        ("Password1234", "password.too_common"),
        ("111111111111", "password.too_common"),
        ("121212121212", "password.too_common"),
        ("ＱＷＥＲＴＹ123456", "password.too_common"),
    ],
)
def test_a_password_that_is_easy_to_guess_is_refused_with_its_reason(password, key):
    with pytest.raises(Invalid) as refused:
        check_rules(password, login="zhangwei", shortest=12)
    assert refused.value.message.key == key
    assert refused.value.fields[0].field == "password"


@pytest.mark.parametrize("password", [GOOD, "今天天气真好我们去公园吧", "correct horse battery"])
def test_a_sentence_is_taken_in_any_script(password):
    check_rules(password, login="zhangwei", shortest=12)


def test_the_list_holds_only_what_the_other_rules_let_through():
    assert [word for word in COMMONEST if len(word) < 12 or word != word.casefold()] == []


def test_a_password_matches_its_own_hash_only():
    kept = hashed(GOOD)
    assert kept.startswith("$argon2id$")
    assert matches(kept, GOOD)
    assert not matches(kept, GOOD + "!")


def test_it_does_not_matter_how_a_keyboard_composes_a_letter():
    assert matches(hashed("cafe\u0301 cafe\u0301 cafe\u0301"), "café café café")


@pytest.mark.parametrize("kept", ["", "not a hash"])
def test_what_is_no_hash_matches_nothing(kept):
    assert not matches(kept, "")
    assert not matches(kept, "nobody has this password")


def test_nobodys_password_takes_as_long_as_somebodys():
    kept = hashed(GOOD)

    def seconds(password_hash: str) -> float:
        began = monotonic()
        matches(password_hash, "wrong")
        return monotonic() - began

    pairs = [(seconds(""), seconds(kept)) for _ in range(9)]
    nobodys, somebodys = median(p[0] for p in pairs), median(p[1] for p in pairs)
    assert 0.4 < nobodys / somebodys < 2.5
