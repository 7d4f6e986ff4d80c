"""The filters of the list of alerts, as they are read from its address and written there."""

from collections.abc import Mapping
from typing import Any

from flask import url_for
from sqlalchemy import ColumnElement

from itops.auth.permissions import Permission
from itops.checks.base import State
from itops.models import Criticality
from itops.services.alerting import listing
from itops.services.alerting.listing import Listing, Wanted
from itops.views.answering.language import named, t
from itops.views.hosts.health import Part
from itops.views.showing.choices import choice_of, number_of, places_to_choose, typed_in


def wanted_from(args: Mapping[str, str]) -> Wanted:
    """Return what an address asks for; what is not understood is not asked for."""
    subject = args.get("subject", "")[:60]
    return Wanted(
        listing=choice_of(Listing, args.get("list", "")) or Listing.STANDING,
        state=choice_of(State, args.get("state", "")),
        criticality=choice_of(Criticality, args.get("criticality", "")),
        site_id=number_of(args.get("site", "")),
        subject=subject if subject.isprintable() else "",
        q=typed_in(args),
        is_untaken=args.get("taken") == "no",
    )


def address(wanted: Wanted, **changed: Any) -> str:
    """Return the list's address with the filters as they are, but for what is `changed`."""
    now: dict[str, Any] = {
        "list": wanted.listing if wanted.listing is not Listing.STANDING else None,
        "state": wanted.state,
        "criticality": wanted.criticality,
        "site": wanted.site_id,
        "subject": wanted.subject,
        "q": wanted.q,
        "taken": "no" if wanted.is_untaken else None,
    }
    given: dict[str, Any] = {name: str(value) for name, value in (now | changed).items() if value}
    return url_for("alerts.index", **given)


def tabs(wanted: Wanted, within: ColumnElement[bool]) -> list[Part]:
    """Return the three lists, with how many stand and how many are quiet."""
    counts = {
        Listing.STANDING: sum(listing.counts(within).values()),
        Listing.QUIET: listing.quiet_count(within),
        Listing.OVER: None,
    }
    return [
        Part(
            t(f"alert.list.{one}"),
            address(wanted, list=None if one is Listing.STANDING else one, state=None, taken=None),
            counts[one],
            is_current=wanted.listing is one,
        )
        for one in Listing
    ]


def chips(wanted: Wanted, within: ColumnElement[bool]) -> list[Part]:
    """Return the states to choose from, worst first, with how many stand in each."""
    known = listing.counts(within) if wanted.listing is Listing.STANDING else {}
    states = (State.CRITICAL, State.UNKNOWN, State.WARNING)
    return [
        Part(t("alert.every_state"), address(wanted, state=None), is_current=not wanted.state),
        *(
            Part(
                t(f"state.{state}"),
                address(wanted, state=None if wanted.state is state else state),
                known.get(state),
                state.value,
                is_current=wanted.state is state,
            )
            for state in states
        ),
        *_untaken(wanted),
    ]


def _untaken(wanted: Wanted) -> list[Part]:
    """Return the chip that leaves out what somebody has taken; only what stands can be taken."""
    if wanted.listing is not Listing.STANDING:
        return []
    there = address(wanted, taken=None if wanted.is_untaken else "no")
    return [Part(t("alert.untaken"), there, is_current=wanted.is_untaken)]


def criticalities(wanted: Wanted) -> list[tuple[str, str, bool]]:
    """Return the choices of how much depends on it: value, text, whether it is chosen."""
    return [(one.value, t(f"criticality.{one}"), wanted.criticality is one) for one in Criticality]


def sites() -> list[tuple[int, str]]:
    """Return the sites that the reader may choose from."""
    return [(site.id, named(site)) for site in places_to_choose(Permission.VIEW_ALERTS).sites]
