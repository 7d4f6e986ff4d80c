"""An archive is put in place: all of it or nothing, and only where it belongs."""

from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, text

from itops.clock import utcnow
from itops.errors import Refused
from itops.remote.backups import own_database
from itops.remote.backups.faults import Damaged
from itops.services.archives import making, putting_back, putting_on_server
from tests.services.archives.changing import told


@contextmanager
def tags(url):
    """Give the tags of the assets in a database."""
    engine = create_engine(url)
    with engine.connect() as connection:
        yield connection.scalars(text("SELECT tag FROM asset")).all()
    engine.dispose()


def put_back(settings, path, tmp_path, *, replaces=False, at=None, ending="_elsewhere"):
    """Put an archive into another place; return what came of it and the new database's address."""
    how: dict[str, Any] = {"replaces": replaces, "at": at or utcnow(), "tell": making.silent}
    if settings.is_sqlite:
        folder = tmp_path / ending.strip("_")
        return putting_back.into_folder(path, folder, **how), f"sqlite:///{folder / 'itops.db'}"
    url = f"{settings.sqlalchemy_url}{ending}"
    return putting_on_server.into_server(path, url, **how), url


@pytest.fixture
def _dropped(settings):
    """Leave no database behind on the server that tests share."""
    yield
    if settings.is_sqlite:
        return
    with own_database.connected(
        settings.sqlalchemy_url, database="postgres", autocommit=True
    ) as server:
        name = f"{settings.sqlalchemy_url.rpartition('/')[2]}_elsewhere"
        for (found,) in server.execute("SELECT datname FROM pg_database").fetchall():
            if found.startswith(name):
                server.execute(f'DROP DATABASE "{found}"'.encode())


@pytest.mark.both_databases
@pytest.mark.usefixtures("_dropped")
def test_an_archive_is_put_back_elsewhere(settings, made, tmp_path):
    done, url = put_back(settings, made[0], tmp_path)
    assert (done.aside, done.upgraded_to) == (None, None)
    with tags(url) as found:
        assert found == ["PC-1"]


@pytest.mark.both_databases
@pytest.mark.usefixtures("_dropped")
def test_a_database_that_is_there_is_only_replaced_on_demand_and_kept_aside(
    settings, made, tmp_path
):
    _, url = put_back(settings, made[0], tmp_path)
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(text("UPDATE asset SET tag = 'PC-9'"))
    engine.dispose()
    with pytest.raises(Refused) as refused:
        put_back(settings, made[0], tmp_path)
    assert refused.value.message.key == "archive.there_is_one"
    done, _ = put_back(settings, made[0], tmp_path, replaces=True)
    with tags(url) as found:
        assert found == ["PC-1"]
    aside = (
        f"sqlite:///{done.aside}"
        if settings.is_sqlite
        else f"{url.rpartition('/')[0]}/{done.aside}"
    )
    with tags(aside) as found:
        assert found == ["PC-9"]


@pytest.mark.both_databases
@pytest.mark.usefixtures("_dropped")
def test_two_that_are_put_aside_in_one_second_are_both_kept(settings, made, tmp_path):
    put_back(settings, made[0], tmp_path)
    at = utcnow()
    aside = [put_back(settings, made[0], tmp_path, replaces=True, at=at)[0].aside for _ in range(3)]
    assert len(set(aside)) == 3
    if settings.is_sqlite:
        assert all(Path(one).exists() for one in aside)


@pytest.mark.both_databases
@pytest.mark.usefixtures("_dropped")
def test_a_database_whose_name_is_as_long_as_can_be_is_replaced_and_kept(settings, made, tmp_path):
    ending = "_elsewhere" + "x" * (53 - len(settings.sqlalchemy_url.rpartition("/")[2]))
    _, url = put_back(settings, made[0], tmp_path, ending=ending)
    done, _ = put_back(settings, made[0], tmp_path, ending=ending, replaces=True)
    assert done.aside
    with tags(url) as found:
        assert found == ["PC-1"]


@pytest.mark.both_databases
@pytest.mark.usefixtures("_dropped")
def test_an_archive_that_is_not_whole_leaves_what_was_there(settings, made, tmp_path):
    _, url = put_back(settings, made[0], tmp_path)
    rows = dict(made[1].counted.rows) | {"asset": 2}
    told(made[0], counted={"rows": rows, "audit_last": 1, "audit_head": None})
    with pytest.raises(Damaged):
        put_back(settings, made[0], tmp_path, replaces=True)
    with tags(url) as found:
        assert found == ["PC-1"]
    if settings.is_sqlite:
        assert [one.name for one in (tmp_path / "elsewhere").iterdir()] == ["itops.db"]


@pytest.mark.both_databases
def test_an_archive_of_a_newer_version_is_refused_and_so_is_the_other_databases(
    settings, made, tmp_path
):
    told(made[0], revision="9999", version="9.0")
    with pytest.raises(Refused) as refused:
        put_back(settings, made[0], tmp_path)
    assert refused.value.message.key == "archive.newer"
    told(made[0], database="oracle")
    with pytest.raises(Refused) as refused:
        put_back(settings, made[0], tmp_path)
    assert refused.value.message.key == "archive.other_database"
