"""The register as a table: the columns that a ledger has, in the language of who asks."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import select

from itops.db import db
from itops.documents.spreadsheets import Cell
from itops.i18n import name_in, translate
from itops.models import Asset, AssetType, Department, Location, Site
from itops.services.assets import listing as asset_listing
from itops.services.assets.facts import READERS
from itops.services.assets.listing import Wanted
from itops.services.scoping import Within

BATCH = 500


def table(
    wanted: Wanted, *, within: Within, at: datetime, language: str
) -> Iterator[Sequence[Cell]]:
    """Yield the header and then a row for each asset that is wanted, in the order of the tag."""
    yield [translate(f"asset.field.{name}", language) for name in READERS]
    names = _names(language)
    for row in _rows(wanted, within, at):
        yield [
            _cell(name, value, names, language) for name, value in zip(READERS, row, strict=True)
        ]


def _rows(wanted: Wanted, within: Within, at: datetime) -> Iterator[Sequence[Any]]:
    """Yield the columns of the register's fields, read in batches so that no file is too long."""
    position = list(READERS).index("tag")
    columns = [getattr(Asset, name) for name in READERS]
    after, found = "", asset_listing.searched(wanted, within)
    narrowed = select(*columns).where(
        asset_listing.in_reach(within), *asset_listing.conditions(wanted, at, found)
    )
    while True:
        statement = narrowed.where(Asset.tag > after).order_by(Asset.tag).limit(BATCH)
        batch = db.session.execute(statement).all()
        yield from batch
        if len(batch) < BATCH:
            return
        after = batch[-1][position]


def _names(language: str) -> dict[str, dict[Any, str]]:
    """Return, for each field that holds a key, the name behind each key."""

    def named(model: type[Site | Department | AssetType], key: str) -> dict[Any, str]:
        rows: list[Any] = list(db.session.scalars(select(model)))
        return {getattr(row, key): name_in(language, row.name, row.name_en) for row in rows}

    return {
        "type_key": named(AssetType, "key"),
        "site_id": named(Site, "id"),
        "department_id": named(Department, "id"),
        "location_id": _paths(),
    }


def _paths() -> dict[Any, str]:
    """Return each location as "门诊楼 / 1F / 收费处": in the words that an import finds again."""
    rows = {row.id: row for row in db.session.scalars(select(Location))}
    paths = {}
    for key, row in rows.items():
        names, step = [row.name], rows.get(row.parent_id or 0)
        while step is not None:
            names.append(step.name)
            step = rows.get(step.parent_id or 0)
        paths[key] = " / ".join(reversed(names))
    return paths


def _cell(name: str, value: Any, names: dict[str, dict[Any, str]], language: str) -> Cell:
    if value is None:
        return ""
    if name in names:
        return names[name].get(value, "")
    if name in {"lifecycle", "criticality"}:
        return translate(f"{name}.{value}", language)
    if name == "price_fen":
        return Decimal(value) / 100
    return value if isinstance(value, date) else str(value)
