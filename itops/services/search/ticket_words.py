"""The words under which a ticket is found: what people wrote, who, where, which device."""

from collections.abc import Iterable
from itertools import islice
from typing import Any

from sqlalchemy import Connection, Select, event, inspect, select
from sqlalchemy.orm import Session

from itops.i18n import LANGUAGES, translate
from itops.models import Asset, Department, Location, Ticket, TicketReport, User
from itops.services.search import index as search_index
from itops.services.search.index import Kind
from itops.services.search.words import words_of

CHUNK = 500
#: What of a ticket its words are made of; the rest of a change is not worth an index.
WATCHED = frozenset(
    {
        *("title", "text", "place", "resolution", "what", "status", "is_open", "assignee_id"),
        *("asset_id", "site_id", "department_id", "location_id", "announcement"),
    }
)
OF_A_REPORT = frozenset({"name", "phone", "text", "ticket_id"})


def keep_up(session: Any) -> None:
    """From now on, index the tickets that a session writes whenever it flushes."""
    if not event.contains(session, "after_flush", _after_flush):
        event.listen(session, "after_flush", _after_flush)


def index(connection: Connection, keys: Iterable[int]) -> int:
    """Write the words of these tickets. Return how many tickets there are."""
    waiting, done = iter(sorted(keys)), 0
    while chunk := list(islice(waiting, CHUNK)):
        people: dict[int, list[Any]] = {}
        reports = select(
            TicketReport.ticket_id, TicketReport.name, TicketReport.phone, TicketReport.text
        )
        for row in connection.execute(reports.where(TicketReport.ticket_id.in_(chunk))):
            people.setdefault(row[0], []).append(row)
        rows = connection.execute(_tickets().where(Ticket.id.in_(chunk)))
        words = {row[0]: _words(tuple(row), people.get(row[0], [])) for row in rows}
        search_index.write(connection, Kind.TICKET, words)
        done += len(words)
    return done


def _tickets() -> Select[*tuple[Any, ...]]:
    return (
        select(
            *(Ticket.id, Ticket.status, Ticket.is_open, Ticket.site_id, Ticket.department_id),
            *(Ticket.what, Asset.tag, Asset.serial, Ticket.title, Ticket.text, Ticket.place),
            *(Ticket.resolution, Ticket.announcement, Asset.name, Asset.name_en),
            *(Department.name, Department.name_en, Location.name, Location.name_en, User.name),
        )
        .select_from(Ticket)
        .outerjoin(Asset, Asset.id == Ticket.asset_id)
        .outerjoin(Department, Department.id == Ticket.department_id)
        .outerjoin(Location, Location.id == Ticket.location_id)
        .outerjoin(User, User.id == Ticket.assignee_id)
    )


def _words(row: tuple[Any, ...], reports: list[Any]) -> set[str]:
    key, status, is_open, site_id, department_id, what, tag, serial, *texts = row
    texts += [text for _, name, _, text in reports for text in (name, text)]
    texts += [translate(f"ticket.what.{what}", language) for language in LANGUAGES]
    identifiers = [str(key), tag, serial, *(phone for _, _, phone, _ in reports)]
    found = words_of([text for text in texts if text], [one for one in identifiers if one])
    found |= {f"=status:{status}", f"=is_open:{int(is_open)}", f"=site_id:{site_id}"}
    return found | ({f"=department_id:{department_id}"} if department_id is not None else set())


def _after_flush(session: Session, _context: object) -> None:
    keys = set()
    for thing in [*session.new, *session.dirty]:
        if isinstance(thing, Ticket) and _has_changed(session, thing, WATCHED):
            keys.add(thing.id)
        elif isinstance(thing, TicketReport) and _has_changed(session, thing, OF_A_REPORT):
            keys.add(thing.ticket_id)
    gone = {one.id for one in session.deleted if isinstance(one, Ticket)}
    if gone:
        search_index.forget(session.connection(), Kind.TICKET, gone)
    if keys:
        index(session.connection(), keys)


def _has_changed(session: Session, thing: Any, watched: frozenset[str]) -> bool:
    attributes = inspect(thing).attrs
    return thing in session.new or any(attributes[name].history.has_changes() for name in watched)
