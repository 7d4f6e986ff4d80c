"""The hosts: lists of them, and one of them with all that is known of it."""

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue

from itops.auth.permissions import Permission, may, requires
from itops.auth.scopes import in_scope_or_404
from itops.errors import Invalid
from itops.models import Host
from itops.services import host_list, place_tree
from itops.services.host_list import Asked, Listing
from itops.views.fleet_filters import Filters, choice_in, number_in
from itops.views.health import Part, watching
from itops.views.language import t

bp = Blueprint("hosts", __name__, url_prefix="/hosts")
LONGEST_SEARCH = 100


@bp.get("")
@requires(Permission.VIEW_HEALTH)
def index() -> ResponseReturnValue:
    watch, filters, asked = watching(), Filters.of(request.args), asked_for()
    tree = place_tree.load()
    return render_template(
        "hosts/index.html",
        at=watch.at,
        tree=tree,
        filters=filters,
        asked=asked,
        tabs=_tabs(asked, host_list.counts(watch)),
        states=_states(asked, filters),
        page=host_list.page(watch, asked, filters.narrowing(tree)),
        types=watch.types,
        may_enrol=may(Permission.MANAGE_HOSTS),
    )


def asked_for() -> Asked:
    """Read from the address which hosts to list; raise Invalid with the name of a wrong part."""
    state = request.args.get("state", "")
    if state and state not in host_list.STANDINGS:
        raise Invalid("filter.choice_wrong", field="state")
    return Asked(
        listing=choice_in(request.args, "list", Listing) or Listing.ALL,
        state=state,
        text=request.args.get("q", "").strip()[:LONGEST_SEARCH],
        after=number_in(request.args, "after") or 0,
    )


def _tabs(asked: Asked, counts: dict[Listing, int]) -> list[Part]:
    here = url_for(".index")
    return [
        Part(
            t(f"hosts.list.{one.value}"),
            here if one is Listing.ALL else f"{here}?list={one.value}",
            counts.get(one),
            is_current=asked.listing is one,
        )
        for one in Listing
    ]


def _states(asked: Asked, filters: Filters) -> list[Part]:
    """Return the chips that narrow a list to one state."""
    here, kept = url_for(".index"), {"q": asked.text}
    if asked.listing is not Listing.ALL:
        return []
    every = Part(t("hosts.every_state"), here + filters.query(**kept), is_current=not asked.state)
    return [
        every,
        *(
            Part(
                t("hosts.quiet") if name == "quiet" else t(f"state.{name}"),
                here + filters.query(**kept, state=name),
                state="unknown" if name == "quiet" else name,
                is_current=asked.state == name,
            )
            for name in host_list.STANDINGS
        ),
    ]


@bp.get("/<int:host_id>")
@requires(Permission.VIEW_HEALTH)
def show(host_id: int) -> ResponseReturnValue:
    return render_template(
        "hosts/show.html", host=in_scope_or_404(Host, host_id, Permission.VIEW_HEALTH)
    )
