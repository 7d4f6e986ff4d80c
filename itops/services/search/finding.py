"""Finding assets and hosts by words, within a person's scope, as of the same transaction."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any

from sqlalchemy import Connection, Select, event, inspect, select
from sqlalchemy.orm import Session, aliased

from itops.db import Base, db
from itops.models import Asset, AssetType, Department, Host, HostIdentifier, Location, Ticket
from itops.services.scoping import Within
from itops.services.search import index as search_index
from itops.services.search import ticket_words
from itops.services.search.index import Group, Kind
from itops.services.search.words import queried, words_of

#: More are not looked at: who finds as many must say more.
MOST_FOUND = 500
CHUNK = 500
#: What of an asset its words are made of; those that begin with `=` say where it belongs.
OF_AN_ASSET = (
    *("id", "tag", "name", "name_en", "serial", "ip_address", "mac_address", "custodian"),
    *("vendor", "model", "type_key", "lifecycle", "site_id", "department_id", "location_id"),
)
#: A change of one of these makes the words of something change.
WATCHED: dict[type[Base], frozenset[str]] = {
    Asset: frozenset({*OF_AN_ASSET, "site", "department", "location", "type"}),
    Host: frozenset({"name", "address", "system", "site_id", "site"}),
    HostIdentifier: frozenset({"value", "host_id"}),
    Department: frozenset({"name", "name_en"}),
    Location: frozenset({"name", "name_en"}),
}


def find(
    kind: Kind, typed: str, *, within: Within, also: Sequence[Group] = (), limit: int = MOST_FOUND
) -> list[int]:
    """Return the ids of what `typed` finds within reach, newest first; no words find nothing.

    `also` are words that must be there too (see `belongs`).
    """
    groups: list[Group] = list(queried(typed))
    if not groups:
        return []
    groups += also
    dialect, scope = db.engine.dialect.name, [] if within.everywhere else [_scope(within)]
    given = {"asked": search_index.asked(dialect, groups + scope), "many": limit}
    found: list[int] = list(db.session.scalars(search_index.newest(dialect, kind), given))
    if within.asset_ids or within.module_ids:
        named = search_index.matching(dialect, kind, groups, limit, _named(kind, within))
        more: list[int] = list(db.session.scalars(named))
        return list(dict.fromkeys(found + more))[:limit]
    return found


def among(kind: Kind, typed: str) -> Select[tuple[int]] | None:
    """Return a select of the ids of all that `typed` finds, wherever; None: it has no words."""
    groups = queried(typed)
    if not groups:
        return None
    return search_index.matching(db.engine.dialect.name, kind, groups, None)


def belongs(**places: object) -> list[Group]:
    """Return, for `find`, the words of what an asset is and where: type_key, site_id and others."""
    said = {name: str(value) for name, value in places.items() if value is not None}
    # A `*` at the end would let the word go on; no key holds one.
    return [(f"={name}:{value.replace('*', '=')}",) for name, value in said.items()]


def keep_up(session: Any) -> None:
    """From now on, index what a session writes whenever it flushes."""
    if not event.contains(session, "after_flush", _after_flush):
        event.listen(session, "after_flush", _after_flush)


def rebuild() -> int:
    """Make the whole index anew. Return how many things it holds."""
    connection = db.session.connection()
    search_index.clear(connection)
    assets, hosts = list(db.session.scalars(select(Asset.id))), db.session.scalars(select(Host.id))
    tickets = ticket_words.index(connection, list(db.session.scalars(select(Ticket.id))))
    return index_assets(connection, assets) + index_hosts(connection, list(hosts)) + tickets


def index_assets(connection: Connection, keys: Iterable[int]) -> int:
    """Write the words of these assets. Return how many assets there are."""
    above = aliased(Location)
    statement = (
        select(*(getattr(Asset, name) for name in OF_AN_ASSET))
        .add_columns(AssetType.name, AssetType.name_en, Department.name, Department.name_en)
        .add_columns(Location.name, Location.name_en, above.name, above.name_en)
        .join(AssetType, AssetType.key == Asset.type_key)
        .outerjoin(Department, Department.id == Asset.department_id)
        .outerjoin(Location, Location.id == Asset.location_id)
        .outerjoin(above, above.id == Location.parent_id)
    )
    done = 0
    for chunk in _chunks(keys):
        rows = connection.execute(statement.where(Asset.id.in_(chunk)))
        words = {row[0]: _asset_words(tuple(row)) for row in rows}
        search_index.write(connection, Kind.ASSET, words)
        done += len(words)
    return done


def index_hosts(connection: Connection, keys: Iterable[int]) -> int:
    """Write the words of these hosts. Return how many hosts there are."""
    done = 0
    for chunk in _chunks(keys):
        marks: dict[int, list[str]] = {}
        mark = select(HostIdentifier.host_id, HostIdentifier.value)
        for host_id, value in connection.execute(mark.where(HostIdentifier.host_id.in_(chunk))):
            marks.setdefault(host_id, []).append(value)
        host = select(Host.id, Host.name, Host.system, Host.address, Host.site_id)
        words = {}
        for key, name, system, address, site_id in connection.execute(
            host.where(Host.id.in_(chunk))
        ):
            found = words_of((system,), (name, *marks.get(key, ())), (address,))
            words[key] = found | ({f"=site_id:{site_id}"} if site_id else set())
        search_index.write(connection, Kind.HOST, words)
        done += len(words)
    return done


def _asset_words(row: tuple[Any, ...]) -> set[str]:
    asset = dict(zip(OF_AN_ASSET, row, strict=False))
    texts = [asset[name] for name in ("name", "name_en", "custodian", "vendor", "model")]
    texts += [name for name in row[len(OF_AN_ASSET) :] if name]
    found = words_of(
        texts, (asset["tag"], asset["serial"]), (asset["ip_address"], asset["mac_address"])
    )
    where = ("type_key", "lifecycle", "site_id", "department_id")
    return found | {f"={name}:{asset[name]}" for name in where if asset[name] is not None}


def _scope(within: Within) -> Group:
    words = [f"=site_id:{key}" for key in within.site_ids]
    words += [f"=department_id:{key}" for key in within.department_ids]
    return words or ["=nowhere"]


def _named(kind: Kind, within: Within) -> Select[int]:
    """Return what of a kind is within reach by name."""
    if kind is Kind.ASSET:
        return select(Asset.id).where(Asset.id.in_(within.asset_ids))
    if kind is Kind.HOST:
        return select(Host.id).where(Host.asset_id.in_(within.asset_ids))
    about = Ticket.asset_id.in_(within.asset_ids) | Ticket.module_id.in_(within.module_ids)
    return select(Ticket.id).where(about)


def _after_flush(session: Session, _context: object) -> None:
    keys: dict[Kind, set[int]] = {Kind.ASSET: set(), Kind.HOST: set()}
    for thing in [*session.new, *session.dirty]:
        if type(thing) in WATCHED and (thing in session.new or _has_changed(thing)):
            _note(session, thing, keys)
    gone = {
        kind: {one.id for one in session.deleted if isinstance(one, model)}
        for kind, model in ((Kind.ASSET, Asset), (Kind.HOST, Host))
    }
    connection = session.connection()
    for kind, deleted in gone.items():
        search_index.forget(connection, kind, deleted)
    # To put the statement together costs more than the rest of a small flush.
    if keys[Kind.ASSET]:
        index_assets(connection, keys[Kind.ASSET])
    if keys[Kind.HOST]:
        index_hosts(connection, keys[Kind.HOST])


def _note(session: Session, thing: object, keys: dict[Kind, set[int]]) -> None:
    """Add the ids of what must be indexed because `thing` changed."""
    if isinstance(thing, Asset):
        keys[Kind.ASSET].add(thing.id)
    elif isinstance(thing, Host):
        keys[Kind.HOST].add(thing.id)
    elif isinstance(thing, HostIdentifier):
        keys[Kind.HOST].add(thing.host_id)
    elif isinstance(thing, Department):
        there = select(Asset.id).where(Asset.department_id == thing.id)
        keys[Kind.ASSET].update(session.connection().scalars(there))
    elif isinstance(thing, Location):
        below = select(Location.id).where(Location.parent_id == thing.id)
        inside = Asset.location_id.in_(below) | (Asset.location_id == thing.id)
        keys[Kind.ASSET].update(session.connection().scalars(select(Asset.id).where(inside)))


def _has_changed(thing: Base) -> bool:
    watched = WATCHED[type(thing)]
    attributes = inspect(thing).attrs
    return any(attributes[name].history.has_changes() for name in watched if name in attributes)


def _chunks(keys: Iterable[int]) -> Iterator[list[int]]:
    waiting = iter(sorted(keys))
    while chunk := list(islice(waiting, CHUNK)):
        yield chunk
