"""Layouts are shared, made once, and never remembered from a transaction that was undone."""

import pytest

from itops.db import db
from itops.services.history.layouts import layout_for, names_of

NAMES = ["cpu.percent", "disk.used_percent:/数据"]


def test_the_same_names_share_a_layout_and_another_order_is_another(app):
    with db.engine.begin() as connection:
        first = layout_for(connection, NAMES)
        assert layout_for(connection, NAMES) == first
        assert layout_for(connection, NAMES[::-1]) != first
        assert names_of(connection, first) == tuple(NAMES)


def test_a_layout_that_was_rolled_back_is_made_again(app):
    with db.engine.connect() as connection, connection.begin() as transaction:
        layout_for(connection, NAMES)
        layout_for(connection, NAMES)
        transaction.rollback()
    with db.engine.begin() as connection:
        again = layout_for(connection, NAMES)
    with db.engine.begin() as connection:
        assert layout_for(connection, NAMES) == again
        assert names_of(connection, again) == tuple(NAMES)
        assert layout_for(connection, NAMES) == again


def test_a_layout_that_is_not_there_is_a_key_error(app):
    with db.engine.begin() as connection, pytest.raises(KeyError):
        names_of(connection, 999)
