"""What a web process does when it starts: hold the data folder, serve, and die with its parent."""

import gc
import os
import ssl
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

from flask import Flask

from itops import config, create_app, logs, sqlite
from itops.api.committing import stop_process
from itops.cli.entrance import Entrance
from itops.cli.lock import hold
from itops.clock import monotonic
from itops.config import Settings
from itops.db import db
from itops.jobs import start_background

#: A worker of a killed server may still finish its last requests for this long.
PREDECESSOR_SECONDS = 15.0
#: New objects after which the garbage collector looks for those in circles; Python's own is 700.
MOST_YOUNG = 10_000
#: What the process holds for as long as it lives.
_held: list[Any] = []


def embedded() -> Entrance:
    """Return the app of `itops run`: pages, intake and background work in one process."""
    settings = config.load()
    logs.set_up(level=settings.log_level, as_json=settings.log_format == "json")
    watch_parent()
    if settings.is_sqlite:
        _held.append(hold(settings.data_dir, wait_seconds=PREDECESSOR_SECONDS))
    app = served(settings)
    return entrance(app, settings, at_end=start_background(app).end)


def web() -> Entrance:
    """Return the app of `itops web`: pages and intake, with the background work elsewhere."""
    settings = config.load()
    logs.set_up(level=settings.log_level, as_json=settings.log_format == "json")
    watch_parent()
    if settings.is_sqlite:
        _held.append(hold(settings.data_dir, wait_seconds=PREDECESSOR_SECONDS))
    return entrance(served(settings), settings)


def served(settings: Settings) -> Flask:
    """Return the app, which ends this process when its disk fails; no thread works on it yet."""
    app = create_app(settings)
    if settings.is_sqlite:
        with app.app_context():
            sqlite.stop_when_broken(db.engine, stop_process)
    return app


def entrance(
    app: Flask, settings: Settings, *, at_end: Callable[[], None] = lambda: None
) -> Entrance:
    """Return the app as it is served: who sends slowly keeps nobody else from being served."""
    settle()
    return Entrance(
        app,
        app.extensions["reports"],
        most_working=settings.threads,
        most_bytes=app.config["MAX_CONTENT_LENGTH"],
        proxies=settings.proxies,
        at_end=at_end,
    )


def settle() -> None:
    """Keep what is loaded by now out of the garbage collector's rounds, and let it go round less.

    A board makes some ten thousand objects, and all of them are in use until it is drawn; two
    hundred checks over SSH spent a sixth of their time on it.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(MOST_YOUNG, 20, 50)


def watch_parent() -> None:
    """End this process soon after its parent is gone; a killed server leaves its worker alive."""
    parent = os.getppid()

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(0.5)
        os._exit(1)

    if os.name != "nt":
        threading.Thread(target=watch, name="watch-parent", daemon=True).start()


def wait_until_answers(
    url: str,
    *,
    seconds: float,
    authority: Path | None = None,
    given_up: Callable[[], bool] = lambda: False,
) -> bool:
    """Whether the server at `url` answers its health probe within `seconds`.

    Stops waiting when `given_up` says that there is no hope.
    """
    is_encrypted = url.startswith("https")
    until = monotonic() + seconds
    while monotonic() < until and not given_up():
        try:
            trust = ssl.create_default_context(cafile=authority) if is_encrypted else None
            with urlopen(f"{url}/healthz", timeout=2, context=trust) as answer:  # noqa: S310 - our own address
                return bool(answer.status == 200)
        except (URLError, OSError):
            time.sleep(0.1)
    return False
