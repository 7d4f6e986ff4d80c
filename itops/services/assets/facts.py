"""What a person states of an asset, parsed from texts: forms and ledgers both come through here."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from datetime import date
from typing import Any

from itops.errors import Invalid
from itops.models import Asset, Criticality, Lifecycle
from itops.services import written


@dataclass(frozen=True, kw_only=True)
class AssetFacts:
    """Everything about an asset that people write; the names are its columns."""

    tag: str
    type_key: str
    name: str
    name_en: str
    lifecycle: Lifecycle
    criticality: Criticality
    site_id: int
    department_id: int | None
    location_id: int | None
    custodian: str
    vendor: str
    model: str
    serial: str
    ip_address: str
    mac_address: str
    purchased_on: date | None
    warranty_until_on: date | None
    price_fen: int | None
    notes: str


#: How the text of each field is read. The order is that of forms and ledgers.
READERS: dict[str, Callable[[str], Any]] = {
    "tag": written.code(40, required=True),
    "type_key": written.text(40, required=True),
    "name": written.text(120, required=True),
    "name_en": written.text(120),
    "lifecycle": written.choice(Lifecycle, Lifecycle.IN_SERVICE),
    "criticality": written.choice(Criticality, Criticality.NORMAL),
    "site_id": written.needed_id,
    "department_id": written.row_id,
    "location_id": written.row_id,
    "custodian": written.text(80),
    "vendor": written.text(120),
    "model": written.text(120),
    "serial": written.code(120),
    "ip_address": written.ip_address,
    "mac_address": written.mac_address,
    "purchased_on": written.day,
    "warranty_until_on": written.day,
    "price_fen": written.money_fen,
    "notes": written.text(4000, lines=True),
}


def parse(typed: Mapping[str, str]) -> AssetFacts:
    """Given the texts of a form, return the facts. Raise Invalid with every field that is wrong."""
    values, wrong = written.read_all(READERS, typed)
    if wrong:
        raise Invalid.many(wrong)
    return AssetFacts(**values)


def facts_of(asset: Asset) -> AssetFacts:
    """Return what is stated of an asset now."""
    return AssetFacts(**{entry.name: getattr(asset, entry.name) for entry in fields(AssetFacts)})


def typed_of(facts: AssetFacts) -> dict[str, str]:
    """Return the texts from which `parse` reads these facts again."""
    return {name: as_typed(name, getattr(facts, name)) for name in READERS}


def as_typed(name: str, value: Any) -> str:
    """Return one fact as a person would write it."""
    if value is None:
        return ""
    if name == "price_fen":
        return yuan(value)
    return value.isoformat() if isinstance(value, date) else str(value)


def yuan(fen: int) -> str:
    """Return 4500 for whole yuan, 4500.50 otherwise."""
    whole, rest = divmod(fen, 100)
    return f"{whole}.{rest:02}" if rest else str(whole)
