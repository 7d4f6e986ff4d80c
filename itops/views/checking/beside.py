"""The checks of an asset or a module, as they stand on the page of that thing."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import url_for

from itops.auth.permissions import Permission, may
from itops.auth.scopes import reach
from itops.models import Asset, SystemModule
from itops.services.checking import standing
from itops.services.checking.standing import CheckState
from itops.views.checking.seeing import within

#: So many stand on the page, worst first; the list has them all.
MOST_SHOWN = 12


@dataclass(frozen=True)
class Beside:
    """The checks that the reader may see, and where more can be done."""

    states: Sequence[CheckState]
    total: int
    all_url: str
    #: Where one is added; empty for who may not.
    new_url: str


def checks_of(thing: Asset | SystemModule, *, at: datetime) -> Beside | None:
    """Return the checks of a thing; None for who may see no checks. One query."""
    if not may(Permission.VIEW_CHECKS):
        return None
    is_asset = isinstance(thing, Asset)
    found = standing.check_states(
        asset_ids=[thing.id] if is_asset else [],
        module_ids=[] if is_asset else [thing.id],
        at=at,
    )
    owner = ("asset" if is_asset else "module", thing.id)
    states = [one for one in found.get(owner, ()) if within(one.check, Permission.VIEW_CHECKS)]
    about: dict[str, Any] = {owner[0]: thing.id}
    may_add = may(Permission.MANAGE_CHECKS) and reach(Permission.MANAGE_CHECKS).covers(
        site_id=thing.site_id, department_id=thing.department_id
    )
    return Beside(
        states[:MOST_SHOWN],
        len(states),
        url_for("checks.index", **about),
        url_for("checks.writing.new", **about) if may_add else "",
    )
