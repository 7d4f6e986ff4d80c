"""Every row that holds a sealed secret, and sealing them all with a new key."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from itops.db import Base, db
from itops.models import Channel, Credential, SecondFactor
from itops.services import auditing
from itops.services.auditing import Actor
from itops.services.secrets import sealing

#: Models with columns `sealed` and `sealed_by`; the secret is sealed for "table:id".
SEALED: tuple[type[Base], ...] = (Credential, Channel, SecondFactor)


@dataclass(frozen=True)
class Rotation:
    """What a rotation did."""

    key_id: str
    rows: int
    is_new_key: bool


def by_key() -> dict[str, int]:
    """Return how many secrets are sealed with each key, by the key's id."""
    found: Counter[str] = Counter()
    for model in SEALED:
        key_id = _column(model, "sealed_by")
        statement = select(key_id, func.count()).where(key_id != "").group_by(key_id)
        for name, count in db.session.execute(statement):
            found[name] += count
    return dict(found)


def rotate(*, by: Actor, at: datetime) -> Rotation:
    """Seal every secret with a new key; the caller commits, then calls `forget_old`.

    Where the keys are given by a variable, its first one is the new key, and none is made.
    """
    ring = sealing.keyring()
    key = ring.add() if ring.is_file else ring.known()[0]
    rows = sum(_reseal(model) for model in SEALED)
    after = {"key": key.id.hex(), "rows": rows}
    auditing.record("secrets.rotated", by=by, at=at, after=after)
    return Rotation(key.id.hex(), rows, ring.is_file)


def forget_old() -> None:
    """Drop the keys with which nothing is sealed any more, but for the one before the newest."""
    ring = sealing.keyring()
    if ring.is_file:
        ring.forget_old()


def _reseal(model: type[Base]) -> int:
    rows: list[Any] = list(db.session.scalars(select(model)))
    sealed = [row for row in rows if row.sealed]
    for row in sealed:
        about = f"{model.__tablename__}:{row.id}"
        row.sealed = sealing.seal(sealing.unseal(row.sealed, about), about)
        row.sealed_by = sealing.key_id(row.sealed).hex()
    return len(sealed)


def _column(model: type[Base], name: str) -> Any:
    return getattr(model, name)
