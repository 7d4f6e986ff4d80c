"""The filters of the list of assets, as they are read from its address and written there."""

from collections.abc import Mapping
from typing import Any, Protocol
from urllib.parse import urlencode

from flask import url_for

from itops.checks.base import State
from itops.models import Lifecycle
from itops.services.assets.listing import NO_HOST, Page, Wanted
from itops.views.showing.choices import choice_of, number_of


class Address(Protocol):
    """From changed filters to the address with them: the list's, or an endpoint's."""

    def __call__(self, endpoint: str = ..., **changed: Any) -> str: ...


def wanted_from(args: Mapping[str, str]) -> Wanted:
    """Return what an address asks for; what is not understood is not asked for."""
    health = args.get("health", "")
    return Wanted(
        q=args.get("q", "")[:200],
        type_key=args.get("type", "")[:40].replace("\x00", ""),
        lifecycle=choice_of(Lifecycle, args.get("lifecycle", "")),
        site_id=number_of(args.get("site", "")),
        department_id=number_of(args.get("department", "")),
        health=choice_of(State, health) or (NO_HOST if health == NO_HOST else ""),
    )


def filter_address(wanted: Wanted) -> Address:
    """Return a function from changed filters to the list's address with them."""
    now: dict[str, Any] = {
        "q": wanted.q,
        "type": wanted.type_key,
        "lifecycle": wanted.lifecycle,
        "site": wanted.site_id,
        "department": wanted.department_id,
        "health": wanted.health,
    }

    index = url_for("assets.index")

    def address(endpoint: str = "", **changed: Any) -> str:
        given = {name: value for name, value in (now | changed).items() if value}
        if endpoint:
            return url_for(endpoint, **given)
        return f"{index}?{urlencode(given)}" if given else index  # a page asks it twenty times

    return address


def page_addresses(wanted: Wanted, page: Page) -> dict[str, str]:
    """Return the addresses of the first, the previous and the next page, where there are such."""
    address = filter_address(wanted)
    found = {}
    if page.has_previous and page.lines:
        found["first_url"] = address()
        found["previous_url"] = address(before=page.lines[0].tag)
    if page.has_next and page.lines:
        found["next_url"] = address(after=page.lines[-1].tag)
    return found
