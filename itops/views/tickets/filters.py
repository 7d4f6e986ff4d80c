"""The filters of the queue, as they are read from its address and written there."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Protocol

from flask import url_for
from flask_login import current_user

from itops.models import TicketKind, TicketStatus, What
from itops.services.tickets.listing import ALL, OPEN, After, Page, Wanted
from itops.views.showing.choices import choice_of, number_of

#: Whose tickets; beside them everybody's.
MINE, NOBODYS = "me", "none"


class Address(Protocol):
    """From changed filters to the address with them."""

    def __call__(self, **changed: Any) -> str: ...


def wanted_from(args: Mapping[str, str]) -> Wanted:
    """Return what an address asks for; what is not understood is not asked for."""
    status, priority, whose = (args.get(name, "") for name in ("status", "priority", "who"))
    return Wanted(
        q=args.get("q", "")[:200],
        status=choice_of(TicketStatus, status) or (ALL if status == ALL else OPEN),
        priority=int(priority) if priority in {"1", "2", "3", "4"} else None,
        kind=choice_of(TicketKind, args.get("kind", "")),
        what=choice_of(What, args.get("what", "")),
        site_id=number_of(args.get("site")),
        department_id=number_of(args.get("department")),
        asset_id=number_of(args.get("asset")),
        assignee_id={MINE: current_user.id, NOBODYS: 0}.get(whose),
        is_overdue=args.get("overdue") == "1",
        is_announced=args.get("announced") == "1",
    )


def filter_address(wanted: Wanted) -> Address:
    """Return a function from changed filters to the queue's address with them."""
    whose = {None: None, 0: NOBODYS}.get(wanted.assignee_id, MINE)
    now: dict[str, Any] = {
        "q": wanted.q,
        "status": None if wanted.status == OPEN else wanted.status,
        "priority": wanted.priority,
        "kind": wanted.kind,
        "what": wanted.what,
        "site": wanted.site_id,
        "department": wanted.department_id,
        "asset": wanted.asset_id,
        "who": whose,
        "overdue": 1 if wanted.is_overdue else None,
        "announced": 1 if wanted.is_announced else None,
    }

    def address(**changed: Any) -> str:
        given = {name: value for name, value in (now | changed).items() if value}
        return url_for("tickets.index", **given)

    return address


def after_from(args: Mapping[str, str]) -> After | None:
    """Return the place after which an address wants the list to go on; None: from its top."""
    parts = args.get("after", "").split("_")
    number = number_of(parts[-1])
    if number is None:
        return None
    if len(parts) != 3 or parts[0] not in {"1", "2", "3", "4"}:
        return After(id=number)
    try:
        due = datetime.fromisoformat(parts[1])
    except ValueError:
        return None
    return After(int(parts[0]), due, number) if due.tzinfo else None


def next_address(wanted: Wanted, page: Page) -> str:
    """Return the address of the next page, if there is one."""
    if not page.has_next or not page.lines:
        return ""
    last = page.lines[-1]
    key = "_".join(map(str, last.key())) if wanted.is_queue else str(last.id)
    return filter_address(wanted)(after=key)
