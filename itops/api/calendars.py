"""The address that a calendar program reads: a person's orders, as far as that person may see."""

from collections.abc import Iterator
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, abort, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import update

from itops.auth.permissions import Permission, open_to_all
from itops.auth.scopes import reach
from itops.auth.second_step import lacks_factor
from itops.auth.sessions import settings, take_grants
from itops.clock import utcnow
from itops.db import db, writing
from itops.documents.ics import Day, calendar
from itops.errors import Message
from itops.i18n import name_in, say, translate
from itops.models import CalendarFeed, MaintenancePlan, WorkOrder, WorkStatus
from itops.services.maintenance import calendar as due
from itops.services.maintenance import feeds
from itops.services.maintenance.days import Now

bp = Blueprint("calendars", __name__)
#: What a calendar holds: so much of the past, so much of what is to come, so many entries.
BACK, AHEAD = timedelta(days=31), timedelta(days=183)
MOST = 1500


@bp.get("/calendar/<token>.ics")
@open_to_all("the secret in the address is the key; it opens what its owner may see")
def read(token: str) -> ResponseReturnValue:
    feed = feeds.found_by(token[:100])
    if feed is None:
        abort(404)
    now = Now(utcnow(), ZoneInfo(settings().time_zone))
    take_grants(feed.user, at=now.at)
    if lacks_factor(feed.user):
        abort(403)
    language = feed.user.language or settings().language
    name = translate("feed.calendar_name", language, name=feed.user.name)
    content = calendar(_entries(feed, now, language), name=name, at=now.at)
    _touch(feed, now)
    answer = Response(content, mimetype="text/calendar")
    answer.headers["Content-Disposition"] = 'attachment; filename="itops.ics"'
    return answer


def _entries(feed: CalendarFeed, now: Now, language: str) -> list[Day]:
    """Return what the calendar shows; the last entry says how many it has no room for."""
    found = _found(feed, now)
    entries = list(_days(found, language))
    left_out = found.left_out + max(len(entries) - MOST, 0)
    shown = entries[:MOST]
    return [*shown, _more(shown[-1].on, left_out, language)] if left_out else shown


def _found(feed: CalendarFeed, now: Now) -> due.Due:
    within = reach(Permission.VIEW_MAINTENANCE)
    return due.days(
        now.today - BACK,
        now.today + AHEAD,
        orders_within=within.condition(WorkOrder),
        plans_within=within.condition(MaintenancePlan),
        whose=feed.user_id if feed.is_only_mine else None,
    )


def _days(found: due.Due, language: str) -> Iterator[Day]:
    for day in found.days.values():
        yield from (_of_order(order, language) for order in day.orders)
        yield from (_of_plan(plan, day, language) for plan in day.plans)


def _of_order(order: WorkOrder, language: str) -> Day:
    status = say(Message(f"order.status.{order.status}"), language)
    name = name_in(language, order.name, order.name_en)
    subject = order.asset or order.module or order.location
    about = name_in(language, subject.name, subject.name_en) if subject else ""
    page = url_for("maintenance.orders.show", order_id=order.id)
    done = "✓ " if order.status is WorkStatus.DONE else ""
    return Day(
        uid=_uid(order.plan_id, order),
        on=order.due_on,
        summary=f"{done}{name}" + (f" · {about}" if about else ""),
        description=f"{order.number} · {status}",
        url=settings().own_url + page,
        sequence=order.version,
        is_cancelled=order.status is WorkStatus.CANCELLED,
    )


def _of_plan(plan: MaintenancePlan, day: due.CalendarDay, language: str) -> Day:
    page = url_for("maintenance.plans.show", plan_id=plan.id)
    return Day(
        uid=f"plan-{plan.id}-{day.on}@itops",
        on=day.on,
        summary=name_in(language, plan.name, plan.name_en),
        description=translate("feed.planned", language),
        url=settings().own_url + page,
    )


def _more(on: date, many: int, language: str) -> Day:
    return Day(
        uid="more@itops",
        on=on,
        summary=translate("feed.more", language, n=many),
        description=translate("feed.more_how", language),
        url=settings().own_url + url_for("maintenance.index"),
    )


def _uid(plan_id: int | None, order: WorkOrder) -> str:
    """Return what names an order for ever: that of its plan's date, which it replaces."""
    return f"plan-{plan_id}-{order.due_on}@itops" if plan_id else f"order-{order.id}@itops"


def _touch(feed: CalendarFeed, now: Now) -> None:
    """Write down that the address is in use, in a transaction of its own."""
    if feed.last_read_at is not None and now.at - feed.last_read_at < feeds.TOUCH_EVERY:
        return
    with writing(), db.engine.begin() as connection:
        connection.execute(
            update(CalendarFeed).where(CalendarFeed.id == feed.id).values(last_read_at=now.at)
        )
