"""How many people stand behind a ticket, and how that widens its impact."""

from datetime import datetime

from sqlalchemy import update

from itops.db import db
from itops.errors import Message
from itops.models import Ticket
from itops.services.tickets import limits
from itops.services.tickets.priorities import impact_of_many, priority_of


def count_more(ticket: Ticket, more: int, *, at: datetime) -> int:
    """Count `more` people, raise impact and priority when there are many, and return how many.

    Written beside the version: that somebody else has it too makes nobody's edit out of date.
    """
    row = update(Ticket).where(Ticket.id == ticket.id).execution_options(synchronize_session=False)
    counted = row.values(people=Ticket.people + more).returning(Ticket.people)
    people = db.session.scalars(counted).one()
    impact = impact_of_many(people, ticket.impact)
    if impact is not ticket.impact:
        priority = priority_of(impact, ticket.urgency)
        due = limits.dues(ticket, priority, limits.limits())
        db.session.execute(row.values(impact=impact, priority=priority, **due))
        word = Message(f"ticket.priority.{priority}").as_json()
        ticket.note("ticket.event.many", by="", at=at, n=people, priority=word)
    db.session.flush()
    db.session.refresh(ticket)
    return people
