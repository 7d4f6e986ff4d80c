"""The health board: what is broken, and how much don't we know."""

from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue

from itops.auth.permissions import Permission, may, requires
from itops.auth.scopes import reach
from itops.auth.sessions import settings
from itops.checks.base import BOARD_ORDER, State
from itops.clock import utcnow
from itops.models import Alert, Host
from itops.services.alerting import listing as alert_list
from itops.services.hosts import board as host_board
from itops.services.hosts import causes as host_causes
from itops.services.hosts import floors as host_floors
from itops.services.hosts import standing as host_standing
from itops.services.hosts import trouble as host_trouble
from itops.services.hosts.board import Tally
from itops.services.hosts.standing import Watch
from itops.services.places import tree as place_tree
from itops.views.answering import nav_counts
from itops.views.answering.language import named, t
from itops.views.hosts.fleet_filters import Filters, number_in
from itops.views.hosts.fleet_marks import FloorMarks

bp = Blueprint("health", __name__)


@dataclass(frozen=True)
class Part:
    """A count or a chip as templates/_macros.html draws it."""

    text: str
    url: str
    count: int | None = None
    state: str = ""
    is_current: bool = False


@bp.get("/")
@requires(Permission.BE_HERE)
def board() -> ResponseReturnValue:
    if not may(Permission.VIEW_HEALTH):
        return render_template("health/not_allowed.html")
    watch, filters = watching(), Filters.of(request.args)
    tree = place_tree.load()
    troubled = host_trouble.troubled(watch)
    everything = host_board.groups(watch, troubled)
    to = filters.narrowing(tree)
    groups = host_board.narrowed(everything, to)
    whole = host_board.tally(everything)
    tally = whole if groups is everything else host_board.tally(groups)
    section = host_floors.section(groups, tree)
    return render_template(
        "health/board.html",
        at=watch.at,
        tree=tree,
        filters=filters,
        hosts_url=url_for("hosts.index"),
        fleet_size=whole.total,
        tally=tally,
        counts=_counts(tally, filters, None if filters else host_board.changes_of_a_day(watch)),
        chips=_chips(host_board.chips(everything, tree), whole.total, filters),
        causes=host_causes.causes(troubled, to, tree, at=watch.at),
        types=host_board.by_type(groups, watch.types),
        known_types=watch.types,
        section=section,
        floors=FloorMarks(filters, url_for("hosts.index"), is_coarse=section.is_coarse),
        waiting=nav_counts.waiting("nav.hosts"),
        fallen=_fallen(),
        may_enrol=_lets_in(),
    )


@bp.get("/health/news")
@requires(Permission.VIEW_HEALTH)
def news() -> ResponseReturnValue:
    """Answer how much changed since the board was drawn, for the line that offers to redraw it."""
    since = number_in(request.args, "since") or 0
    then = datetime.fromtimestamp(min(since, 4_000_000_000), UTC)
    count = host_board.changes_since(watching(), then)
    return render_template("health/_news.html", since=since, count=count, filters=_filters())


def watching(permission: Permission = Permission.VIEW_HEALTH) -> Watch:
    """Return the watch of this request's reader."""
    return host_standing.watch(
        at=utcnow(),
        zone=ZoneInfo(settings().time_zone),
        within=reach(permission).condition(Host),
    )


def _filters() -> Filters:
    return Filters.of(request.args)


def _fallen() -> list[Alert]:
    """Return the alerts of whole places, whose machines may be silent and not expected now."""
    within = reach(Permission.VIEW_ALERTS).condition(Alert)
    return alert_list.places(within) if may(Permission.VIEW_ALERTS) else []


def _lets_in() -> bool:
    return may(Permission.MANAGE_HOSTS)


def _counts(tally: Tally, filters: Filters, grown: dict[State, int] | None) -> list[Part]:
    """Return the four counts, each a link to the hosts that it counts."""
    base = url_for("hosts.index")
    return [
        Part(
            _count_text(state, tally, grown),
            base + filters.query(state=state.value),
            tally.of(state),
            state.value,
        )
        for state in BOARD_ORDER
    ]


def _count_text(state: State, tally: Tally, grown: dict[State, int] | None) -> str:
    parts = [t(f"state.{state.value}")]
    if state is State.UNKNOWN:
        parts.append(t("health.we_cannot_tell"))
        if tally.quiet:
            parts.append(t("health.quiet", n=tally.quiet))
    if state is State.OK and tally.total:
        parts.append(t("health.share", share=f"{100 * tally.of(state) / tally.total:.0f}"))
    elif grown is not None and grown[state]:
        parts.append(t("health.grown", change=f"{grown[state]:+d}".replace("-", "−")))
    return " · ".join(parts)


def _chips(chips: list[host_board.Chip], total: int, filters: Filters) -> list[Part]:
    here = url_for("health.board")
    parts = [Part(t("health.all"), here, total, is_current=not filters)]
    for chip in chips:
        place = Filters(
            place=chip.spot.id if chip.spot else None,
            site=chip.site.id if chip.site else None,
            kind=chip.site_kind,
        )
        text = (
            t(f"site_kinds.{chip.site_kind}") if chip.site_kind else named(chip.spot or chip.site)
        )
        is_current = filters.with_(type=None) == place
        parts.append(Part(text, here + place.query(type=filters.type), chip.count, "", is_current))
    return parts
