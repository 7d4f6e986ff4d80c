"""Which labels stand on a sheet: devices narrowed by place and type, and what each label says."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, func, select

from itops.db import db
from itops.documents.labels import Label
from itops.models import Asset, Department, Lifecycle
from itops.services.assets.listing import in_reach
from itops.services.labels import codes as asset_labels
from itops.services.scoping import Within

#: What is not there has no label.
WITHOUT = (Lifecycle.PLANNED, Lifecycle.ORDERED, Lifecycle.DISPOSED)


@dataclass(frozen=True, kw_only=True)
class Chosen:
    """Which devices get labels. Empty: not narrowed by that."""

    asset_id: int | None = None
    site_id: int | None = None
    department_id: int | None = None
    type_key: str = ""
    #: Only those without a code, which nobody has printed yet.
    is_new_only: bool = False
    after: str = ""


def count(chosen: Chosen, *, within: Within) -> int:
    """Return how many devices are chosen; more than a print holds are counted to one more."""
    some = _narrowed(select(Asset.id), chosen, within).limit(asset_labels.MOST + 1).subquery()
    return db.session.scalars(select(func.count()).select_from(some)).one()


def assets(chosen: Chosen, *, within: Within) -> list[int]:
    """Return the chosen devices in the order of their tags, as many as a print holds."""
    statement = _narrowed(select(Asset.id), chosen, within).order_by(Asset.tag)
    return list(db.session.scalars(statement.limit(asset_labels.MOST)))


def labels(keys: list[int], address: str) -> list[Label]:
    """Return the labels of devices that have a code; `address` is of the form before the code."""
    codes = asset_labels.valid_codes(keys)
    rows = db.session.execute(
        select(Asset.id, Asset.tag, Asset.name, Asset.name_en, Department.name, Department.name_en)
        .outerjoin(Department, Department.id == Asset.department_id)
        .where(Asset.id.in_(keys))
        .order_by(Asset.tag)
    )
    return [
        Label(f"{address}{codes[key]}", tag, _lines(*names))
        for key, tag, *names in rows
        if key in codes
    ]


def _lines(*names: str | None) -> list[str]:
    """Return name and department in both languages; what both languages share stands once."""
    return list(dict.fromkeys(name for name in names if name))


def _narrowed(statement: Select[Any], chosen: Chosen, within: Within) -> Select[Any]:
    statement = statement.where(in_reach(within), Asset.lifecycle.not_in(WITHOUT))
    for column, value in (
        (Asset.id, chosen.asset_id),
        (Asset.site_id, chosen.site_id),
        (Asset.department_id, chosen.department_id),
        (Asset.type_key, chosen.type_key),
    ):
        if value:
            statement = statement.where(column == value)
    if chosen.is_new_only:
        statement = statement.where(~asset_labels.has_code())
    return statement.where(Asset.tag > chosen.after) if chosen.after else statement
