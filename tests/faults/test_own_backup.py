"""F16: a copy made under load is whole; and a restore that is killed leaves the old or the new."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from contextlib import contextmanager
from pathlib import Path
from random import Random

import pytest
from sqlalchemy import create_engine, text

from itops.clock import utcnow
from itops.config import Settings
from itops.db import db
from itops.services.archives import making, putting_back, putting_on_server
from itops.services.auditing import Actor, record
from itops.setting_texts import database_url as sqlalchemy_url
from tests import factories
from tests.api.reporting import Agent, health
from tests.faults.serving import Server, deliver

pytestmark = [pytest.mark.both_databases, pytest.mark.faults, pytest.mark.slow]


def tags(url):
    """Return the tags of a database's assets; None while there is no database."""
    if url.startswith("sqlite") and not Path(url.removeprefix("sqlite:///")).exists():
        return None
    engine = create_engine(sqlalchemy_url(url))
    try:
        with engine.connect() as connection:
            return connection.scalars(text("SELECT tag FROM asset")).all()
    finally:
        engine.dispose()


def keep_sending(server, agent, stop, done):
    """Deliver reports until told to stop."""
    seq = 1
    while not stop.is_set():
        if deliver(server, agent, *(health(each) for each in range(seq, seq + 5))):
            seq += 5
            done["reports"] += 1


def keep_writing(stop, done):
    """Do what pages do, a change and its entry of the log, until told to stop."""
    number = 0
    while not stop.is_set():
        number += 1
        asset = factories.asset(tag=f"PC-{number}")
        record("asset.created", asset, by=Actor(None, "test"), at=utcnow())
        db.session.commit()
        done["changes"] += 1


def test_f16_a_copy_under_load_is_restored_elsewhere_with_every_row_and_the_logs_end(
    any_app, database_url, elsewhere, tmp_path, full, record_property
):
    agent, server = Agent(None), Server(tmp_path, database_url)
    db.session.commit()
    server.start()
    settings, copies = any_app.config["ITOPS"], []
    with under_load(any_app, server, agent) as wait_for_more:
        for number in range(full(30)):
            wait_for_more()
            path = tmp_path / "copies" / f"{number}.zip"
            copies.append((path, making.make(settings, path, at=utcnow())))
    server.stop()
    first, last = copies[0][1].counted.rows, copies[-1][1].counted.rows
    assert last["health_sample"] > first["health_sample"]
    assert last["asset"] > first["asset"]
    for number, (path, about) in enumerate(copies):
        began = time.monotonic()
        put_back(path, elsewhere, replaces=number > 0)
        record_property("rto_seconds", round(time.monotonic() - began, 2))
        assert len(tags(elsewhere)) == about.counted.rows["asset"]


@contextmanager
def under_load(app, server, agent):
    """Let reports and pages' changes come in all the while; give a function that waits for both."""
    stop = threading.Event()
    done: Counter[str] = Counter()

    def write():
        with app.app_context():
            keep_writing(stop, done)

    busy = [
        threading.Thread(target=keep_sending, args=(server, agent, stop, done)),
        threading.Thread(target=write),
    ]

    def wait_for_more():
        before, until = done.copy(), time.monotonic() + 60
        while any(done[name] == before[name] for name in ("reports", "changes")):
            assert time.monotonic() < until
            stop.wait(0.1)

    for one in busy:
        one.start()
    try:
        yield wait_for_more
    finally:
        stop.set()
        for one in busy:
            one.join(60)


def put_back(path, url, *, replaces):
    """Put an archive in place; that compares every count with its manifest."""
    how = {"replaces": replaces, "at": utcnow(), "tell": making.silent}
    if url.startswith("sqlite"):
        return putting_back.into_folder(path, Path(url.removeprefix("sqlite:///")).parent, **how)
    return putting_on_server.into_server(path, sqlalchemy_url(url), **how)


def test_a_restore_that_is_killed_leaves_the_old_database_or_the_new(
    any_app, elsewhere, tmp_path, full
):
    settings: Settings = any_app.config["ITOPS"]
    paths = {}
    for tag in ("OLD", "NEW"):
        for asset in db.session.scalars(text("SELECT id FROM asset")).all():
            db.session.execute(text("DELETE FROM asset WHERE id = :id"), {"id": asset})
        factories.asset(tag=tag)
        db.session.commit()
        paths[tag] = tmp_path / f"{tag}.zip"
        making.make(settings, paths[tag], at=utcnow())
    put_back(paths["OLD"], elsewhere, replaces=False)
    took, random = timed(paths["OLD"], elsewhere, tmp_path), Random(16)  # noqa: S311 - repeatable
    tries = killed = 0
    while tries < full(40) or not killed:
        tries += 1
        wanted = "NEW" if tags(elsewhere) == ["OLD"] else "OLD"
        process, began = restoring(paths[wanted], elsewhere, tmp_path), time.monotonic()
        try:
            process.wait(random.uniform(0.6, 1.05) * took)
            took = time.monotonic() - began  # the machine has got faster since it was timed
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            killed += 1
        process.wait()
        assert tags(elsewhere) in (["OLD"], ["NEW"])
    put_back(paths["NEW"], elsewhere, replaces=True)
    assert tags(elsewhere) == ["NEW"]


def restoring(path, url, folder):
    target = str(Path(url.removeprefix("sqlite:///")).parent) if url.startswith("sqlite") else url
    return subprocess.Popen(
        [
            sys.executable,
            "-m",
            "itops",
            "backup",
            "restore",
            str(path),
            "--to",
            target,
            "--replace",
        ],
        env={**os.environ, "ITOPS_DATA_DIR": str(folder), "PYTHONPATH": f"{Path.cwd()}"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def timed(path, url, folder):
    """Return how many seconds a restore takes that nobody kills."""
    began = time.monotonic()
    process = restoring(path, url, folder)
    assert process.wait(120) == 0
    return time.monotonic() - began
