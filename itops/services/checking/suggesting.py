"""Which checks a thing should have, by its type; those that it has are left out."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select

from itops.checks.catalogue import CHECKS
from itops.db import db
from itops.models import Asset, Check


@dataclass(frozen=True)
class Suggestion:
    """A kind of check, and what stands in its form."""

    kind: str
    params: dict[str, Any] = field(default_factory=dict)


#: By the type of the asset; what has no line gets the usual ones.
BY_TYPE: dict[str, tuple[Suggestion, ...]] = {
    "server": (
        Suggestion("disk"),
        Suggestion("load"),
        Suggestion("clock"),
        Suggestion("tcp", {"port": "22"}),
    ),
    "ups": (Suggestion("ups_snmp"), Suggestion("ups_nut")),
    "network": (Suggestion("tcp", {"port": "22"}), Suggestion("tcp", {"port": "443"})),
    "printer": (Suggestion("tcp", {"port": "9100"}),),
    "medical_terminal": (Suggestion("tcp", {"port": "104"}),),
}
USUAL = (Suggestion("tcp", {"port": "22"}), Suggestion("http"))


def for_asset(asset: Asset) -> Sequence[Suggestion]:
    """Return what an asset of this type should have and has not. One query."""
    there = db.session.execute(
        select(Check.kind, Check.params).where(Check.asset_id == asset.id)
    ).all()
    return missing(BY_TYPE.get(asset.type_key, USUAL), ((row.kind, row.params) for row in there))


def missing(
    wanted: Iterable[Suggestion], there: Iterable[tuple[str, dict[str, Any]]]
) -> Sequence[Suggestion]:
    """Return the suggestions of kinds that we have, without those that are there."""
    known = list(there)
    return [
        one
        for one in wanted
        if one.kind in CHECKS and not any(_is_same(one, kind, params) for kind, params in known)
    ]


def _is_same(one: Suggestion, kind: str, params: dict[str, Any]) -> bool:
    return one.kind == kind and all(
        str(params.get(name)) == str(value) for name, value in one.params.items()
    )
