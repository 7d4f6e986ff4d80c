"""What stands around every page: where its reader may go, who it is, in which light."""

from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from flask import Flask, current_app, g, request, url_for
from flask_login import current_user
from jinja2 import Environment
from markupsafe import Markup
from sqlalchemy import select

from itops.auth.permissions import Permission, may
from itops.auth.scopes import reach
from itops.auth.sessions import settings
from itops.checks.base import State
from itops.clock import utcnow
from itops.db import db
from itops.models import Site
from itops.services.backups import own_standing
from itops.services.backups.own_standing import Standing
from itops.views.answering import nav_counts
from itops.views.answering.language import THEMES, kept, language, t
from itops.views.showing import charts, formats, states
from itops.views.showing.formats import Reader


@dataclass(frozen=True)
class Entry:
    """A line of the navigation's table: its words, its page, its icon, its key after `g`."""

    key: str
    endpoint: str
    icon: str
    letter: str
    #: What its reader needs beyond the page's own permission to find something there.
    permission: Permission | None = None
    is_main: bool = False
    #: Whether only a reader whose rights reach everywhere finds something there.
    is_of_all: bool = False
    #: Whether it is there only where three administrators are kept apart.
    is_of_three: bool = False


#: The navigation, in order; the main ones (four at most) stand in the phone's bar.
ENTRIES = (
    Entry("nav.today", "today.show", "today", "t", is_main=True),
    Entry("nav.health", "health.board", "health", "h", Permission.VIEW_HEALTH, is_main=True),
    Entry("nav.alerts", "alerts.index", "alerts", "r", is_main=True),
    Entry("nav.tickets", "tickets.index", "tickets", "k", is_main=True),
    Entry("nav.maintenance", "maintenance.index", "maintenance", "w"),
    Entry("nav.hosts", "hosts.index", "hosts", "m"),
    Entry("nav.backups", "backups.index", "backups", "b"),
    Entry("nav.modules", "modules.index", "modules", "y"),
    Entry("nav.checks", "checks.index", "checks", "c"),
    Entry("nav.assets", "assets.index", "assets", "a"),
    Entry("nav.month", "months.show", "month", "n"),
    Entry("nav.places", "places.index", "places", "p"),
    Entry("nav.users", "users.index", "people", "u"),
    Entry("nav.audit", "audit.index", "audit", "l"),
    Entry(
        "nav.proposals",
        "proposals.index",
        "people",
        "o",
        Permission.APPROVE_ROLES,
        is_of_all=True,
        is_of_three=True,
    ),
    Entry(
        "nav.access_reviews",
        "access_review.index",
        "audit",
        "v",
        Permission.REVIEW_ACCESS,
        is_of_all=True,
    ),
    Entry("nav.about", "about.show", "about", "i", Permission.VIEW_INSTALLATION, is_of_all=True),
)
#: Built once: every page asks it.
A_DEMO = select(Site.id).where(Site.is_demo).limit(1)
#: Where the search goes.
SEARCH = "search.results"


@dataclass(frozen=True)
class Place:
    """An entry as its reader sees it; with a state, how many things there are in that state."""

    key: str
    url: str
    icon: str
    letter: str = ""
    is_current: bool = False
    is_main: bool = False
    state: str = ""
    count: int = 0


@dataclass(frozen=True)
class Frame:
    """Everything that templates/base.html and public.html ask of a request."""

    now: datetime
    hospital: str = ""
    zone: str = "UTC"
    theme: str = ""
    has_keys: bool = True
    reader_name: str = ""
    places: tuple[Place, ...] = ()
    is_demo: bool = False
    search_url: str = ""
    mine_url: str = ""
    #: What is wrong with our own backup, for who answers for the installation, and where to look.
    own_copies: Standing | None = None
    about_url: str = ""


def init_app(app: Flask) -> None:
    """Give templates `frame`, and the filters for its reader."""
    app.jinja_env.globals["frame"] = frame
    app.jinja_env.globals["drawn_once"] = drawn_once
    formats.register(app.jinja_env, reader)
    states.register(app.jinja_env, t)
    charts.register(app.jinja_env)


def reader() -> Reader:
    """Return for whom this request's page is written."""
    known: Reader | None = g.get("reader")
    if known is None:
        known = g.reader = Reader(language(), ZoneInfo(settings().time_zone), frame().now)
    return known


def frame() -> Frame:
    """Return this request's frame, made once."""
    known: Frame | None = g.get("frame")
    if known is None:
        known = g.frame = _made()
    return known


def drawn_once(template: str) -> Markup:
    """Return a part of the frame, drawn anew only for a reader with other places, words or counts.

    Every page pays for the frame, and who clicks around sees the same one again and again.
    """
    return _drawn(current_app.jinja_env, template, language(), frame().places, frame().mine_url)


@lru_cache(maxsize=1024)
def _drawn(
    jinja: Environment, template: str, _language: str, _places: tuple[Place, ...], _mine: str
) -> Markup:
    return Markup(jinja.get_template(template).render())  # noqa: S704 - drawn by Jinja, escaped


def bare() -> Frame:
    """Return a frame that asks no database: what failed may be the database."""
    theme = kept("theme")
    return Frame(
        now=utcnow(),
        hospital=settings().hospital,
        zone=settings().time_zone,
        theme=theme if theme in THEMES and theme != "system" else "",
        has_keys=kept("keys") != "off",
        mine_url=_address("preferences.show"),
    )


def _made() -> Frame:
    quiet = bare()
    demo = db.session.connection().scalar(A_DEMO) is not None
    if not current_user.is_authenticated:
        return replace(quiet, is_demo=demo)
    return replace(
        quiet,
        reader_name=current_user.name,
        places=tuple(_place(entry) for entry in ENTRIES if _leads(entry)),
        is_demo=demo,
        search_url=_address(SEARCH),
        mine_url=_address("account.show"),
        own_copies=_own_copies(quiet.now),
        about_url=_address("about.show"),
    )


def _own_copies(at: datetime) -> Standing | None:
    """Return how our own backup stands, where that is bad and the reader's concern."""
    near = Permission.VIEW_INSTALLATION
    if not may(near) or not reach(near).everywhere:
        return None
    found = own_standing.standing(at=at)
    return found if found and found.state is not State.OK else None


def _leads(entry: Entry) -> bool:
    """Whether the person of this request finds something behind an entry."""
    if not is_open(entry.endpoint):
        return False
    if entry.is_of_three and not settings().three_administrators:
        return False
    if entry.permission is None:
        return True
    return may(entry.permission) and (not entry.is_of_all or reach(entry.permission).everywhere)


def is_open(endpoint: str) -> bool:
    """Whether there is such a page and the person of this request may open it."""
    needed = getattr(current_app.view_functions.get(endpoint), "permission", None)
    return isinstance(needed, Permission) and may(needed)


def _place(entry: Entry) -> Place:
    here = (request.blueprint or "").partition(".")[0] == entry.endpoint.partition(".")[0]
    count = nav_counts.waiting(entry.key)
    return Place(
        entry.key,
        _address(entry.endpoint),
        entry.icon,
        entry.letter,
        here,
        entry.is_main,
        nav_counts.COUNTS[entry.key].state.value if count else "",
        count,
    )


def _address(endpoint: str) -> str:
    is_there = endpoint in current_app.view_functions
    return _built(endpoint, request.script_root) if is_there else ""


@lru_cache(maxsize=256)
def _built(endpoint: str, _root: str) -> str:
    """Return the address of a page that takes nothing, the same for everybody below one root."""
    return url_for(endpoint)
