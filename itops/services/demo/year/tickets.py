"""The demo's tickets of the year, a month at a time; outages are tickets with many people."""

import random
from collections.abc import Iterator
from datetime import datetime, timedelta

from sqlalchemy import select

from itops.db import db
from itops.models import (
    Alert,
    Impact,
    Role,
    TicketSource,
    Urgency,
    What,
)
from itops.services.demo.machines import SEED
from itops.services.demo.register import person
from itops.services.demo.year import outages, ticket_rows
from itops.services.demo.year.known import YEAR_DAYS, Known
from itops.services.demo.year.ticket_rows import Told
from itops.services.demo.year.ticket_texts import ANSWER_PERCENT, KINDS, PRAISE, RATINGS
from itops.services.demo.year.troubles import OUTAGES, Outage
from itops.services.search import ticket_words
from itops.services.tickets.priorities import impact_of, impact_of_many, priority_of
from itops.services.tickets.service_hours import Hours

DAYS_AT_ONCE = 31
#: The last day of which all tickets are solved; what came later may be open.
SETTLED_DAYS = 1
#: Reports by the day of the week, and by the hour.
A_DAY = (6, 5, 5, 5, 5, 1, 1)
HOURS = (7, 8, 8, 8, 9, 9, 9, 10, 10, 11, 13, 14, 14, 14, 15, 15, 16, 17, 19, 22)


def firsts() -> range:
    """Return how many days ago the months begin in which tickets are written, the oldest first."""
    return range(YEAR_DAYS - 1, SETTLED_DAYS - 1, -DAYS_AT_ONCE)


def write_tickets(first: int, known: Known) -> None:
    """Write the tickets of a month that begins so many days ago."""
    last = max(first - DAYS_AT_ONCE, SETTLED_DAYS - 1)
    chance = random.Random(SEED + first)  # noqa: S311 - the same year each time is what is wanted
    told = [one for day in range(first, last, -1) for one in _of_day(day, chance, known)]
    told += [_of_outage(one, known) for one in OUTAGES if last < one.days_ago <= first]
    told.sort(key=lambda one: one.opened_at)
    keys = ticket_rows.write(told)
    ticket_words.index(db.session.connection(), keys)


def _of_day(day: int, chance: random.Random, known: Known) -> Iterator[Told]:
    weekday = known.on(day, 12).weekday()
    for _ in range(max(0, round(chance.gauss(A_DAY[weekday], 1.4)))):
        at = known.on(day, chance.choice(HOURS), chance.randrange(60))
        yield _told(at, chance, known)


def _told(at: datetime, chance: random.Random, known: Known) -> Told:
    """Return one ticket from its beginning to its end."""
    what = chance.choices(list(KINDS), [kind.weight for kind in KINDS.values()])[0]
    kind, asset = KINDS[what], chance.choice(known.workstations)
    impact = impact_of(asset.criticality)
    priority = priority_of(impact, kind.urgency)
    given = known.limits
    hours = given.hours_of(priority)
    response = timedelta(minutes=given.targets[priority].response_minutes)
    begun = _later(at, hours, response * chance.lognormvariate(-1.1, 0.75))
    work = timedelta(minutes=kind.minutes) * chance.lognormvariate(0.1, 0.7)
    engineer = known.people[chance.choice((Role.ENGINEER, Role.ENGINEER, Role.DUTY_OFFICER))]
    return Told(
        opened_at=at,
        responded_at=begun,
        resolved_at=_later(begun, hours, work),
        what=what,
        urgency=kind.urgency,
        impact=impact,
        priority=priority,
        source=TicketSource.LABEL if chance.random() < 0.7 else TicketSource.DESK,
        asset=asset,
        department=asset.department,
        site_id=asset.site_id,
        reporters=(person(chance),),
        said=chance.choice(kind.said),
        solved=chance.choice(kind.solved),
        engineer=engineer,
        rating=_rating(chance),
        praise=chance.choice(PRAISE),
        due=(
            given.response_due(priority, at),
            given.resolution_due(priority, at, 0),
        ),
    )


def _of_outage(outage: Outage, known: Known) -> Told:
    """Return the ticket of an outage: opened at the alert, with all who said "me too"."""
    at = outages.began(outage, known) + timedelta(minutes=4)
    chance = random.Random(SEED + outage.days_ago)  # noqa: S311 - the same people each time
    impact = impact_of_many(outage.people, Impact.DEPARTMENT)
    priority, given = priority_of(impact, Urgency.NOW), known.limits
    is_day = 8 <= outage.hour < 18
    subject = f"check:{outages.check_of(outage, known).id}"
    alert_id = db.session.scalar(
        select(Alert.id).where(
            Alert.subject == subject,
            Alert.opened_at == outages.began(outage, known) + outages.SOFT,
        )
    )
    return Told(
        opened_at=at,
        responded_at=at + timedelta(minutes=2 + outage.minute % 4),
        resolved_at=outages.began(outage, known) + timedelta(minutes=outage.minutes + 3),
        what=What.SOFTWARE,
        urgency=Urgency.NOW,
        impact=impact,
        priority=priority,
        source=TicketSource.FORM,
        department=known.departments[outage.department],
        site_id=known.hospital.id,
        module_id=known.modules[outage.module].id,
        alert_id=alert_id,
        reporters=tuple(person(chance) for _ in range(outage.people)),
        said=outage.said,
        solved=outage.solved,
        engineer=known.people[Role.ENGINEER if is_day else Role.DUTY_OFFICER],
        rating=_rating(chance),
        due=(given.response_due(priority, at), given.resolution_due(priority, at, 0)),
    )


def _later(at: datetime, hours: Hours, length: timedelta) -> datetime:
    return hours.after(at, max(length, timedelta(minutes=1)))


def _rating(chance: random.Random) -> int | None:
    if chance.random() * 100 >= ANSWER_PERCENT:
        return None
    return chance.choices(range(1, 6), RATINGS)[0]
