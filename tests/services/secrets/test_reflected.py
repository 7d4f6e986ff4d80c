"""Answers that repeat what they were asked hold none of our secrets any more."""

import pytest

from itops.services.secrets import reflected

HOOK = "https://chat.example/hooks/5f1c9a7e44d2b0?key=Zm9vYmFyYmF6cXV4&v=2"


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("Cannot POST /hooks/5f1c9a7e44d2b0?key=Zm9vYmFyYmF6cXV4&v=2", "Cannot POST ***"),
        ("no hook 5f1c9a7e44d2b0 here", "no hook *** here"),
        ("key Zm9vYmFyYmF6cXV4 expired", "key *** expired"),
        (f"gone: {HOOK}", "gone: ***"),
        ("chat.example has no hooks", "chat.example has no hooks"),
    ],
)
def test_an_address_is_a_secret_in_all_its_parts_that_may_be_keys(said, shown):
    assert reflected.hidden(said, [HOOK]) == shown


def test_a_password_is_found_however_it_is_written():
    said = "535 geheim Wört, geheim%20W%C3%B6rt, Z2VoZWltIFfDtnJ0"
    assert reflected.hidden(said, ["geheim Wört"]) == "535 ***, ***, ***"


def test_what_is_in_every_word_hides_nothing():
    assert reflected.hidden("root on /dev/sda1", ["root", ""]) == "root on /dev/sda1"


def test_only_the_texts_of_a_message_are_changed():
    params = {"status": 404, "why": "Cannot POST /s3cretword"}
    assert reflected.hidden_in(params, ["s3cretword"]) == {"status": 404, "why": "Cannot POST /***"}
