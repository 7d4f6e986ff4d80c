"""The application factory: the one place where the parts meet."""

from pathlib import Path

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from itops import api, config, sqlite, views
from itops.auth import sessions
from itops.auth.sessions import session_secret
from itops.config import Settings
from itops.db import db, prepare
from itops.services import installation
from itops.services.search import finding as searching
from itops.services.search import ticket_words
from itops.services.secrets import sealing

#: Bodies of pages' forms; uploads and machines have limits of their own.
LARGEST_FORM = 12 * 1024 * 1024


def create_app(settings: Settings | None = None) -> Flask:
    """Given settings (by default the environment's), return an app that is ready to serve."""
    settings = settings or config.load()
    is_https = settings.own_url.startswith("https")
    app = Flask("itops", template_folder=template_folder(), static_folder=None)
    app.config.from_mapping(
        ITOPS=settings,
        SECRET_KEY=session_secret(settings.data_dir),
        SQLALCHEMY_DATABASE_URI=settings.sqlalchemy_url,
        SQLALCHEMY_ENGINE_OPTIONS=engine_options(settings),
        # The prefix binds it to this very host: no neighbour under the domain can set another.
        SESSION_COOKIE_NAME="__Host-itops" if is_https else "itops",
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=is_https,
        MAX_CONTENT_LENGTH=LARGEST_FORM,
        MAX_FORM_MEMORY_SIZE=1024 * 1024,
    )
    db.init_app(app)
    with app.app_context():
        prepare(db.engine)
        sealing.set_up(db.engine, settings)
        installation.set_up(db.engine, settings)
    searching.keep_up(db.session)
    ticket_words.keep_up(db.session)
    sessions.init_app(app)
    views.init_app(app)
    api.init_app(app)
    if settings.proxies:
        app.wsgi_app = ProxyFix(app.wsgi_app, settings.proxies, settings.proxies)  # type: ignore[method-assign]
    return app


def engine_options(settings: Settings) -> dict[str, object]:
    """Return what SQLAlchemy needs for this database."""
    # A connection for every thread: one that is opened for a moment costs more than its query.
    pool = {"pool_size": settings.threads, "max_overflow": 4}
    if settings.is_sqlite:
        arguments = {"check_same_thread": False}
        return {"module": sqlite.module(), "connect_args": arguments, **pool}
    # Who waits for another's lock is told so in time, as on SQLite.
    waits = {"options": f"-c lock_timeout={sqlite.BUSY_SECONDS}s"}
    return {"pool_pre_ping": True, "connect_args": waits, **pool}


def template_folder() -> str:
    """Return where the templates are: inside the package when installed, else beside it."""
    here = Path(__file__).resolve().parent
    for folder in (here / "templates", here.parent / "templates"):
        if (folder / "base.html").is_file():
            return str(folder)
    raise FileNotFoundError("templates/base.html is missing: the installation is not whole")
