"""The files a page loads: joined or as they are, packed once at start, kept by browsers for good.

The address holds the digest of the content, so that a changed file has another address and an
unchanged one is never asked for again. A page's policy allows no other source.
"""

import gzip
import re
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from mimetypes import guess_type
from pathlib import Path
from typing import Self

from flask import Blueprint, Flask, Request, Response, abort, current_app, request, url_for
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface

from itops.auth.permissions import open_to_all

STATIC = Path(__file__).parents[2] / "static"
STYLESHEET = "itops.css"
#: Files made of others, in this order; those of a folder by their numbers.
JOINED = {
    STYLESHEET: ("vendor/uplot-1.6.32/uPlot.min.css", "css/*.css"),
    "charts.js": ("js/charts/*.js",),
}
#: Files sent as they are.
WHOLE = ("icon.svg", "js/*.js", "vendor/*/*.js")
A_YEAR_SECONDS = 31_536_000
EXTENSION = "itops-files"

bp = Blueprint("files", __name__)


class NoSessionForFiles(SecureCookieSessionInterface):
    """Sessions as ever, but none for files: `Vary: Cookie` would load them anew at each sign-in."""

    #: Flask's own choice is SHA-1.
    digest_method = staticmethod(sha256)

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        """Return the session of a page; for a file, none."""
        return None if request.path.startswith("/static/") else super().open_session(app, request)


@dataclass(frozen=True)
class StaticFile:
    """One file as it goes out, plain and packed."""

    body: bytes
    packed: bytes
    digest: str
    media_type: str

    @classmethod
    def made(cls, name: str, body: bytes) -> Self:
        """Given a file's name and content, return it ready to send."""
        digest = sha256(body).hexdigest()[:16]
        media_type = guess_type(name)[0] or "application/octet-stream"
        return cls(body, gzip.compress(body, mtime=0), digest, media_type)


def joined(patterns: Sequence[str], root: Path = STATIC) -> str:
    """Return all files that match, as one; style sheets lightly minified."""
    parts = [part for pattern in patterns for part in sorted(root.glob(pattern))]
    texts = [(part.suffix, part.read_text("utf-8")) for part in parts]
    return "\n".join(minified(text) if suffix == ".css" else text for suffix, text in texts)


def minified(css: str) -> str:
    """Return `css` without comments and the spaces that mean nothing."""
    css = re.sub(r"/\*.*?\*/", "", css, flags=re.DOTALL)
    css = re.sub(r"\s+", " ", css)
    css = re.sub(r" ?([{};,]) ?", r"\1", css)
    css = re.sub(r"([{;][-a-z0-9]+): ", r"\1:", css)
    return css.replace(";}", "}").strip()


def all_files(root: Path = STATIC) -> dict[str, StaticFile]:
    """Given the static folder, return what is served, by name."""
    files = {
        name: StaticFile.made(name, joined(patterns, root).encode())
        for name, patterns in JOINED.items()
    }
    for path in (path for pattern in WHOLE for path in root.glob(pattern)):
        name = path.relative_to(root).as_posix()
        files[name] = StaticFile.made(name, path.read_bytes())
    return files


def init_app(app: Flask) -> None:
    """Read the files once, serve them, and give templates their addresses."""
    files = all_files()
    app.extensions[EXTENSION] = files
    app.session_interface = NoSessionForFiles()
    app.register_blueprint(bp)
    app.jinja_env.globals["static_url"] = lambda name: address(files, name)
    app.jinja_env.globals["stylesheet_url"] = lambda: address(files, STYLESHEET)


def address(files: dict[str, StaticFile], name: str) -> str:
    """Return where browsers find `name`; a name that is not served is a bug of the template."""
    return url_for("files.show", digest=files[name].digest, name=name)


@bp.get("/static/<string(length=16):digest>/<path:name>")
@open_to_all("styles and scripts hold nothing of the hospital")
def show(digest: str, name: str) -> Response:
    found: StaticFile | None = current_app.extensions[EXTENSION].get(name)
    if found is None or found.digest != digest:
        abort(404)
    is_packed = request.accept_encodings.quality("gzip") > 0
    response = Response(found.packed if is_packed else found.body, mimetype=found.media_type)
    if is_packed:
        response.headers["Content-Encoding"] = "gzip"
    response.headers["Vary"] = "Accept-Encoding"
    response.headers["Cache-Control"] = f"public, max-age={A_YEAR_SECONDS}, immutable"
    return response
