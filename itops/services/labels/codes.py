"""Labels: codes on devices that open their report form; drawn once, printed often, revocable."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import joinedload

from itops.db import db
from itops.models import Asset, AssetLabel, Lifecycle
from itops.services import auditing
from itops.services.auditing import Actor
from itops.services.secrets.typed_codes import typed_code
from itops.services.tickets.codes import label_code

#: So many labels are printed at a time at most.
MOST = 500


def asset_of(code: str) -> Asset | None:
    """Return the device on which a label sticks; None for a code that is unknown or revoked."""
    return db.session.scalar(
        select(Asset)
        .join(AssetLabel, AssetLabel.asset_id == Asset.id)
        .where(
            AssetLabel.code == typed_code(code),
            AssetLabel.revoked_at.is_(None),
            Asset.lifecycle != Lifecycle.DISPOSED,
        )
        .options(joinedload(Asset.site), joinedload(Asset.department), joinedload(Asset.location))
    )


def codes_of(keys: Sequence[int], *, by: Actor, at: datetime) -> dict[int, str]:
    """Return the valid code of each of these assets, drawn for those that have none.

    One entry of the log says how many were drawn.
    """
    found = _valid(keys)
    missing = [key for key in keys if key not in found]
    for key in missing:
        found[key] = _draw(key, by=by, at=at).code
    if missing:
        auditing.record("label.drawn", by=by, at=at, after={"assets": len(missing)})
    return found


def valid_codes(keys: Sequence[int]) -> dict[int, str]:
    """Return the codes of those of these assets that have one."""
    return _valid(keys)


def has_code() -> ColumnElement[bool]:
    """Return the condition that an asset of a query has a valid code."""
    return (
        select(AssetLabel.id)
        .where(AssetLabel.asset_id == Asset.id, AssetLabel.revoked_at.is_(None))
        .exists()
    )


def labels_of(asset: Asset) -> list[AssetLabel]:
    """Return all labels that a device ever had, the newest first."""
    rows = select(AssetLabel).where(AssetLabel.asset_id == asset.id).order_by(AssetLabel.id.desc())
    return list(db.session.scalars(rows))


def renew(asset: Asset, *, by: Actor, at: datetime) -> AssetLabel:
    """Revoke a device's code, since its label is lost or copied, and draw another."""
    revoke(asset, by=by, at=at)
    return _draw(asset.id, by=by, at=at)


def revoke(asset: Asset, *, by: Actor, at: datetime) -> int:
    """Revoke every code of a device: its labels lead nowhere from now on. Return how many."""
    valid = [label for label in labels_of(asset) if label.revoked_at is None]
    for label in valid:
        label.revoked_at, label.revoked_by = at, by.name
    after = {"labels": len(valid)}
    auditing.record("label.revoked", asset, by=by, at=at, after=after)
    return len(valid)


def _valid(keys: Sequence[int]) -> dict[int, str]:
    rows = db.session.execute(
        select(AssetLabel.asset_id, AssetLabel.code)
        .where(AssetLabel.asset_id.in_(keys), AssetLabel.revoked_at.is_(None))
        .order_by(AssetLabel.id)
    )
    return {row[0]: row[1] for row in rows}


def _draw(asset_id: int, *, by: Actor, at: datetime) -> AssetLabel:
    label = AssetLabel(
        code=label_code(), asset_id=asset_id, created_at=at, created_by=by.name, revoked_by=""
    )
    db.session.add(label)
    db.session.flush()
    return label
