"""Passwords: which are taken, and how a typed one is compared."""

from statistics import median

import pytest

from itops.clock import monotonic
from itops.errors import Invalid
from itops.services.users.common_passwords import commonest
from itops.services.users.passwords import check_rules, hashed, matches, refuse_former

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
        ("Hospital 2031-04", "password.common_words"),
        ("ItOps#998877665", "password.common_words"),
        ("青川医院信息科2031!!", "password.common_words"),
    ],
)
def test_a_password_that_is_easy_to_guess_is_refused_with_its_reason(password, key):
    with pytest.raises(Invalid) as refused:
        check_rules(password, login="zhangwei", shortest=12, names=["青川医院"])
    assert refused.value.message.key == key
    assert refused.value.fields[0].field == "password"


@pytest.mark.parametrize(
    "password",
    [GOOD, "今天天气真好我们去公园吧", "correct horse battery", "the hospital by the river"],
)
def test_a_sentence_is_taken_in_any_script(password):
    check_rules(password, login="zhangwei", shortest=12)


def test_the_list_holds_only_what_the_other_rules_let_through():
    wrong = [w for w in commonest() if len(w) < 8 or w != w.casefold() or len(set(w)) < 5]
    assert wrong == []


def test_the_list_holds_the_commonest_3000_of_the_shortest_length_that_can_be_set_and_of_ours():
    lengths = [len(word) for word in commonest()]
    assert sum(length >= 12 for length in lengths) >= 3000
    assert sum(8 <= length < 12 for length in lengths) >= 3000


@pytest.mark.parametrize("known", ["baseball", "football", "1q2w3e4r5t6y", "123qweasdzxc"])
def test_what_stands_high_on_the_lists_of_attackers_is_refused(known):
    with pytest.raises(Invalid):
        check_rules(known, login="zhangwei", shortest=8)


def test_a_password_of_64_characters_and_of_any_kinds_of_them_is_taken():
    for password in ("x y z w v " * 7, "only small letters", "7315 9028 4461 5"):
        check_rules(password, login="zhangwei", shortest=12)


def test_case_blanks_and_the_last_character_count():
    kept = hashed(f" Zz{'long' * 40}9")
    assert matches(kept, f" Zz{'long' * 40}9")
    for other in (f" zz{'long' * 40}9", f"Zz{'long' * 40}9", f" Zz{'long' * 40}8"):
        assert not matches(kept, other)


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


def test_a_password_that_somebody_had_is_refused_and_says_how_many_count():
    former = [hashed(GOOD), "", hashed("another good sentence")]
    refuse_former("a third good sentence", former)
    with pytest.raises(Invalid) as refused:
        refuse_former("another good sentence", former)
    assert refused.value.message.params == {"n": 3}
