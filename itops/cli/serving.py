"""`itops run`, `itops web` and `itops worker`: the processes of an installation."""

import signal
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import click
from granian.constants import HTTPModes, Interfaces, RuntimeModes
from granian.http import HTTP1Settings
from granian.log import LogLevels
from granian.server.mp import MPServer
from sqlalchemy import make_url

from itops import config, create_app, logs
from itops.cli import listening
from itops.cli.address import check_is_free
from itops.cli.lock import hold
from itops.cli.opening import check_schema
from itops.cli.own_agent import OwnAgent
from itops.cli.printing import tell
from itops.cli.worker_process import settle
from itops.clock import utcnow
from itops.config import Settings
from itops.db import db
from itops.errors import Misconfigured
from itops.jobs import run_worker
from itops.services import certificates
from itops.services.demo.ordering import order_demo
from itops.services.first_start import STARTING, Greeting, prepare
from itops.setting_sources import PREFIX

if sys.platform != "win32":
    import resource

#: How long requests in flight may take when the server is told to stop.
DRAIN_SECONDS = 20
#: A client must send the head of its request within this time (slow-loris).
HEADER_MILLISECONDS = 10_000
#: Connections that are open at the same time, most of them a browser's that says nothing for now;
#: more wait until one is closed. Files beyond these are the database's and our own.
MOST_CONNECTIONS, MOST_OWN_FILES = 4_096, 512


@click.command(short_help="Run everything on this machine.")
@click.option("--demo", is_flag=True, help="Also load the demo hospital, if it is not there yet.")
@click.option("--agent", is_flag=True, help="Also run an agent that reports this machine's health.")
@click.option("--tls", is_flag=True, help="Serve https by a private authority (ITOPS_TLS).")
def run(*, demo: bool, agent: bool, tls: bool) -> None:
    """Run everything on this machine: set up the database, serve, and work in the background."""
    if tls:
        config.hand_down(tls="true")
    settings = config.load()
    if settings.is_sqlite:
        hold(settings.data_dir).close()
    check_is_free(settings.host, settings.port)
    app = create_app(settings)
    with app.app_context():
        greeting = prepare(agent=agent, at=utcnow())
        if demo:
            order_demo(by=STARTING.name, at=utcnow())
        db.session.commit()
        db.engine.dispose()  # the web process is a fork of this one
    _greet(settings, greeting)
    with OwnAgent(settings, greeting.agent_code if agent else None) as own_agent:
        serve(settings, "itops.cli.worker_process:embedded", before_stop=own_agent.stop)


@click.command(short_help="Serve pages and intake only.")
def web() -> None:
    """Serve pages and intake only; `itops worker` does the background work."""
    settings = config.load()
    check_is_free(settings.host, settings.port)
    serve(settings, "itops.cli.worker_process:web", before_stop=lambda: None)


@click.command(short_help="Do the background work only.")
def worker() -> None:
    """Do the background work only, until told to stop; needs PostgreSQL.

    Any number of workers may run, on as many machines: each thing that is due is done once.
    """
    settings = of_worker()
    logs.set_up(level=settings.log_level, as_json=settings.log_format == "json")
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    app = create_app(settings)
    with app.app_context():
        check_schema()
        db.engine.dispose()
    settle()
    tell("serve.worker_begins", database=db_place(settings))
    run_worker(app, stop)


def of_worker() -> Settings:
    """Return the settings of a worker: its mails lead to the server that started last here."""
    settings = listening.as_served(config.load())
    if settings.is_sqlite:
        raise Misconfigured("serve.worker_needs_postgresql", name=f"{PREFIX}DATABASE_URL")
    return settings


def db_place(settings: Settings) -> str:
    """Return where the database is, without the password that its address may hold."""
    return make_url(settings.sqlalchemy_url).render_as_string(hide_password=True)


class Server(MPServer):
    """Granian that lets something end before its own processes do."""

    before_stop: Callable[[], None]

    def shutdown(self, exit_code: int = 0) -> None:
        """Stop, the server's own agent first: it has a farewell to say."""
        self.before_stop()
        super().shutdown(exit_code)  # type: ignore[no-untyped-call]


def serve(settings: Settings, target: str, *, before_stop: Callable[[], None]) -> None:
    """Serve the app that `target` makes until the process is told to stop."""
    certificate, key = tls_files(settings)
    allow_files(MOST_CONNECTIONS + MOST_OWN_FILES)
    server = Server(
        target,
        factory=True,
        address=settings.host,
        port=settings.port,
        interface=Interfaces.RSGI,
        workers=settings.workers,
        runtime_mode=RuntimeModes.mt,  # twice the requests of the other, measured
        backpressure=MOST_CONNECTIONS,
        http=HTTPModes.http1,  # a connection of HTTP/2 may say nothing for ever
        http1_settings=HTTP1Settings(header_read_timeout=HEADER_MILLISECONDS),
        websockets=False,
        log_level=LogLevels.error,
        ssl_cert=certificate,
        ssl_key=key,
        workers_kill_timeout=DRAIN_SECONDS,
        respawn_failed_workers=True,
    )
    server.before_stop = before_stop
    listening.keep(settings)
    server.serve()


def allow_files(wanted: int) -> None:
    """Let this process and its children open as many files, if the system lets us say so."""
    if sys.platform == "win32":
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    if soft != resource.RLIM_INFINITY and soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


def tls_files(settings: Settings) -> tuple[Path | None, Path | None]:
    """Return the certificate and key to serve https with: the given ones, our own, or none."""
    if settings.tls_certificate and settings.tls_key:
        return settings.tls_certificate.resolve(), settings.tls_key.resolve()
    if not settings.tls:
        return None, None
    names = certificates.own_names(settings)
    files = certificates.ensure(settings.tls_folder, names, at=utcnow())
    return files.certificate.resolve(), files.key.resolve()


def _greet(settings: Settings, greeting: Greeting) -> None:
    """Print where the server is, and the links that this start made."""
    click.echo(f"itops: {settings.own_url}")
    if greeting.first_link:
        tell("serve.first_administrator")
        click.echo(f"  {settings.own_url}/welcome/{greeting.first_link}")


COMMANDS = (run, web, worker)
