"""A database with an archive of it, and archives that say what they should not."""

import tempfile
from pathlib import Path

import pytest

from itops.clock import utcnow
from itops.db import db
from itops.services import auditing
from itops.services.archives import keeping, making
from itops.services.auditing import Actor
from tests import factories


@pytest.fixture
def settings(any_app):
    """The settings of a database with an asset and an entry of the log."""
    asset = factories.asset(tag="PC-1")
    auditing.record("asset.created", asset, by=Actor(None, "itops"), at=utcnow())
    db.session.commit()
    return any_app.config["ITOPS"]


@pytest.fixture
def made(settings, tmp_path):
    """An archive of it, and its manifest."""
    path = tmp_path / "copies" / keeping.name(utcnow())
    return path, making.make(settings, path, at=utcnow())


@pytest.fixture
def scratch():
    """A folder for restored copies, which another account may enter."""
    with tempfile.TemporaryDirectory(prefix="itops-restore-", dir="/tmp") as folder:
        Path(folder).chmod(0o711)
        yield Path(folder)
