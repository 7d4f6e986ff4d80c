"""In which language and light a page is shown: the choice of person, browser or hospital."""

from typing import Any

from flask import Blueprint, Flask, g, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from markupsafe import Markup, escape
from werkzeug.wrappers import Response

from itops.auth.actors import actor
from itops.auth.permissions import open_to_all
from itops.auth.sessions import settings
from itops.clock import utcnow
from itops.db import db
from itops.errors import Message
from itops.i18n import LANGUAGES, best_language, name_in, say, translate
from itops.models import Alert, Quiet, User
from itops.services.auditing import facts, record

bp = Blueprint("language", __name__)
THEMES = ("light", "dark", "system")
#: Whether single keys do something: some people type by voice, or rest a hand on the keyboard.
KEYS = ("on", "off")
A_YEAR = 365 * 24 * 3600


def init_app(app: Flask) -> None:
    """Give templates `t`, `t_html`, `say`, the names of things and the language itself."""
    app.jinja_env.globals.update(
        t=t, t_html=t_html, named=named, alert_name=alert_name, language=language
    )
    app.jinja_env.filters["say"] = said


def language() -> str:
    """Return the language of this request's answer."""
    known: str | None = g.get("language")
    if known is None:
        known = g.language = _chosen()
    return known


def t(key: str, **params: Any) -> str:
    """Return the sentence of `key` in this request's language."""
    return translate(key, language(), **params)


def t_html(key: str, **params: Any) -> Markup:
    """Return the sentence with `params` escaped into it; for sentences that hold a link."""
    safe = {name: value if name == "n" else escape(value) for name, value in params.items()}
    return Markup(translate(key, language(), **safe))  # noqa: S704 - catalogue text, params escaped


def said(message: Message | dict[str, Any]) -> str:
    """Return a message's (or a stored message's) sentence in this request's language."""
    stored = message if isinstance(message, Message) else Message.from_json(message)
    return say(stored, language())


def named(thing: Any) -> str:
    """Return a thing's name in this request's language; nothing for no thing."""
    return name_in(language(), thing.name, thing.name_en) if thing is not None else ""


def alert_name(alert: Alert | Quiet) -> str:
    """Return what an alert or a silence is about, by its name in this request's language."""
    return name_in(language(), alert.subject_name, alert.subject_name_en)


def _chosen() -> str:
    choices = (
        current_user.language if current_user.is_authenticated else "",
        kept("language"),
    )
    for choice in choices:
        if choice in LANGUAGES:
            return choice
    return best_language(request.headers.get("Accept-Language", ""), settings().language)


@bp.post("/look")
@open_to_all("anybody chooses the language and light of their own browser")
def look() -> ResponseReturnValue:
    response = redirect(_back())
    for name, allowed in (("language", LANGUAGES), ("theme", THEMES), ("keys", KEYS)):
        choice = request.form.get(name, "")
        if choice in allowed:
            _keep(response, name, choice)
            if name == "language" and current_user.is_authenticated:
                _keep_for_person(choice)
    return response


def _keep_for_person(choice: str) -> None:
    user = db.session.get_one(User, current_user.id)
    if user.language != choice:
        before, user.language = facts(user), choice
        record(
            "user.language_chosen", user, by=actor(), at=utcnow(), before=before, after=facts(user)
        )
    db.session.commit()


def kept(name: str) -> str:
    """Return what this browser chose for `name`; nothing if it never did."""
    return request.cookies.get(_cookie(name), "")


def _keep(response: Response, name: str, value: str) -> None:
    response.set_cookie(
        _cookie(name),
        value,
        max_age=A_YEAR,
        samesite="Lax",
        secure=request.is_secure,
        httponly=True,
    )


def _cookie(name: str) -> str:
    """Return a cookie's name; over https one that no neighbour under the domain can set."""
    return f"__Host-{name}" if request.is_secure else name


def _back() -> str:
    """Return the path that the form was on, if it is one of ours; never a given address."""
    path = request.form.get("from", "")
    is_ours = path.startswith("/") and not path.startswith("//") and path.isprintable()
    return path if is_ours and "\\" not in path else url_for("health.board")
