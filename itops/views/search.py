"""The one search: assets first, then hosts; each within its reader's reach."""

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import or_, select

from itops.auth.permissions import Permission, may, requires
from itops.auth.scopes import reach
from itops.clock import utcnow
from itops.db import db
from itops.models import Asset, Host, HostState
from itops.services.assets import listing as asset_listing
from itops.services.assets.listing import Line
from itops.services.search import finding as searching
from itops.services.search.index import Kind
from itops.views.answering.frame import is_open

bp = Blueprint("search", __name__)
#: So many of each kind stand on the page; the list has the rest.
SHOWN = 20
#: The closest are chosen from as many that hold the words, and what is exactly so.
LOOKED_AT = 60


@bp.get("/search")
@requires(Permission.BE_HERE)
def results() -> ResponseReturnValue:
    typed = request.args.get("q", "")[:200].replace("\x00", "").strip()
    return render_template(
        "search/results.html",
        q=typed,
        assets=_assets(typed) if typed and may(Permission.VIEW_ASSETS) else [],
        hosts=_hosts(typed) if typed and may(Permission.VIEW_HEALTH) else [],
        more_url=url_for("assets.index", q=typed) if is_open("assets.index") else "",
        has_host_page=is_open("hosts.show"),
        at=utcnow(),
        shown=SHOWN,
    )


def _assets(typed: str) -> list[Line]:
    within = reach(Permission.VIEW_ASSETS)
    is_it = or_(Asset.tag == typed, Asset.ip_address == typed, Asset.serial == typed)
    exact = db.session.scalars(select(Asset.id).where(is_it).limit(SHOWN))
    found = searching.find(Kind.ASSET, typed, within=within, limit=LOOKED_AT)
    keys = list(dict.fromkeys([*exact, *found]))
    return closest(typed, asset_listing.lines(keys, within=within, at=utcnow()))[:SHOWN]


def closest(typed: str, lines: list[Line]) -> list[Line]:
    """Return the lines with those on top whose tag, address or name is, or begins as, typed."""
    words = typed.casefold()

    def rank(line: Line) -> tuple[int, str]:
        names = [line.tag, line.ip_address, line.name, line.name_en, line.custodian]
        known = [name.casefold() for name in names]
        if words in known:
            return known.index(words), line.tag
        starts = any(name.startswith(words) for name in known)
        return (10 if starts else 20), line.tag

    return sorted(lines, key=rank)


def _hosts(typed: str) -> list[tuple[Host, HostState | None]]:
    within = reach(Permission.VIEW_HEALTH)
    keys = searching.find(Kind.HOST, typed, within=within, limit=SHOWN)
    rows = db.session.execute(
        select(Host, HostState)
        .outerjoin(HostState, HostState.host_id == Host.id)
        .where(Host.id.in_(keys), within.condition(Host))
        .order_by(Host.name)
    )
    return [(host, state) for host, state in rows]
