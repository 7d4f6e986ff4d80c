"""The machines of a place that an alert is about: those of it that are silent."""

from typing import Any

from flask import url_for

from itops.models import Alert
from itops.services.alerting.rules import STILL_SILENT
from itops.services.alerting.subjects import is_building, is_place, place_id
from itops.services.hosts import listing
from itops.services.hosts.board import Narrowing
from itops.services.hosts.listing import Asked, Line, Listing
from itops.services.places import tree as place_tree
from itops.views.answering.frame import is_open
from itops.views.hosts.health import watching


def silent_there(alert: Alert) -> list[Line]:
    """Return the first page of the silent machines of an alert's place, as far as seen."""
    is_past = alert.is_over and alert.message["key"] != STILL_SILENT
    if is_past or not is_place(alert.subject) or not is_open("hosts.index"):
        return []
    return list(listing.page(watching(), Asked(listing=Listing.SILENT), _of(alert)).lines)


def silent_url(alert: Alert) -> str:
    """Return the list of the silent machines of an alert's place; empty for other alerts."""
    if not is_place(alert.subject) or not is_open("hosts.index"):
        return ""
    place = {"place" if is_building(alert.subject) else "site": place_id(alert.subject)}
    given: dict[str, Any] = {"list": Listing.SILENT.value, **place}
    return url_for("hosts.index", **given)


def _of(alert: Alert) -> Narrowing:
    if not is_building(alert.subject):
        return Narrowing(site_ids=frozenset({place_id(alert.subject)}))
    return Narrowing(spot_ids=frozenset(place_tree.load().spot_and_below(place_id(alert.subject))))
