"""Sealed secrets: readable with the key only, each in its own row, and after a rotation."""

import base64
import stat

import pytest

from itops.config import Settings
from itops.db import db
from itops.services.secrets import sealing
from itops.services.secrets.sealing import Keyring, Unreadable, key_id, keyring, seal, unseal

SECRET = "超级密码 s3cret".encode()


def test_a_secret_comes_back_and_its_text_stands_nowhere_in_what_is_stored(app):
    sealed = seal(SECRET, "credential:7")
    assert unseal(sealed, "credential:7") == SECRET
    assert SECRET not in sealed
    assert seal(SECRET, "credential:7") != sealed


def test_a_sealed_secret_is_of_no_use_in_another_row(app):
    with pytest.raises(Unreadable) as refused:
        unseal(seal(SECRET, "credential:7"), "credential:8")
    assert refused.value.message.key == "sealing.not_ours"


def test_every_flipped_bit_is_found(app):
    sealed = seal(SECRET, "credential:7")
    for place in range(len(sealed)):
        changed = bytearray(sealed)
        changed[place] ^= 1
        with pytest.raises(Unreadable):
            unseal(bytes(changed), "credential:7")


def test_the_key_is_in_a_file_that_only_its_owner_reads_and_not_in_the_database(tmp_path):
    ring = Keyring(Settings(data_dir=tmp_path / "data"))
    first = ring.known()
    path = tmp_path / "data" / sealing.FILE
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert ring.known() == first
    assert [one.name for one in path.parent.iterdir()] == [sealing.FILE]


def test_keys_from_a_variable_leave_no_file(tmp_path):
    given = base64.b64encode(bytes(range(32))).decode()
    ring = Keyring(Settings(data_dir=tmp_path, master_key=(given,)))
    assert [key.text for key in ring.known()] == [given]
    assert list(tmp_path.iterdir()) == []


def test_after_a_rotation_old_secrets_open_and_new_ones_have_the_new_key(app):
    old = seal(SECRET, "credential:7")
    made = keyring().add()
    assert unseal(old, "credential:7") == SECRET
    new = seal(SECRET, "credential:7")
    assert key_id(new) == made.id != key_id(old)


def test_a_key_that_is_gone_is_said_so(app):
    old = seal(SECRET, "credential:7")
    keyring().add()
    keyring().add()
    keyring().forget_old()
    with pytest.raises(Unreadable) as refused:
        unseal(old, "credential:7")
    assert refused.value.message.key == "sealing.no_key"


def test_the_key_does_not_show_in_what_is_printed(app):
    key = keyring().known()[0]
    assert key.text not in repr(key)
    assert key.text not in str(vars(db.engine))
