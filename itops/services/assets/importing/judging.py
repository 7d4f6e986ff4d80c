"""Judging one row of a ledger: what it states, and everything that is wrong with it, at once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from itops.errors import FieldError, Invalid, Message
from itops.models import Asset
from itops.models.asset import MOVES
from itops.services.assets import facts as asset_facts
from itops.services.assets import register as asset_register
from itops.services.assets.facts import READERS, AssetFacts
from itops.services.assets.importing.places import can_be_made, path_of
from itops.services.assets.importing.rows import Interpreter, Written
from itops.services.scoping import Within

WHERE = {"site_id", "department_id", "location_id"}


@dataclass(frozen=True)
class Reaches:
    """Where the person may import, and where they may make departments and locations."""

    assets: Within
    places: Within


@dataclass
class Judged:
    """What a row states, the places that it lacks as they are written, and what is wrong."""

    facts: AssetFacts | None = None
    missing: Mapping[str, str] = field(default_factory=dict)
    #: The places that would be made first.
    departments: set[str] = field(default_factory=set)
    locations: set[str] = field(default_factory=set)
    wrong: list[FieldError] = field(default_factory=list)

    def add(self, errors: Sequence[FieldError]) -> None:
        """Take errors along; of one field the first says enough."""
        known = {one.field for one in self.wrong}
        self.wrong += [one for one in errors if one.field not in known]


def judge(row: Written, asset: Asset | None, reader: Interpreter, reaches: Reaches) -> Judged:
    """Return what a row states. One cell that is wrong does not hide what is wrong with others."""
    typed, wrong = reader.typed(row, asset)
    found = Judged(wrong=wrong)
    if not any(one.field == "site_id" for one in wrong):
        found.missing, unclear = reader.missing_places(row, typed)
        found.add(unclear)
        _note_missing(found, int(typed["site_id"]), reader, reaches)
    try:
        found.facts = asset_facts.parse(typed)
    except Invalid as error:
        found.add(error.fields)
    else:
        found.add(_against_register(found, found.facts, asset, reaches))
    return found


def _note_missing(found: Judged, site_id: int, reader: Interpreter, reaches: Reaches) -> None:
    """Note the places that must be made first, or that they may not or cannot be."""
    for name, text in found.missing.items():
        try:
            if name == "department_id":
                found.departments.add(READERS["name"](text))
            else:
                found.locations.add(READERS["notes"](text))
        except Invalid as error:
            found.add([FieldError(name, error.message)])
        why = _why_not_made(name, text, site_id, reader, reaches)
        found.add([FieldError(name, Message(why, {"name": text[:80]}))] if why else [])


def _why_not_made(name: str, text: str, site_id: int, reader: Interpreter, reaches: Reaches) -> str:
    """Return the key of why a place is not made; empty: it can be."""
    if not reader.draft.makes_places:
        return f"import.{name.removesuffix('_id')}_unknown"
    if not reaches.places.covers(site_id=site_id):
        return "import.places_not_allowed"
    is_shaped = name == "department_id" or can_be_made(path_of(text))
    return "" if is_shaped else "import.location_unknown"


def _against_register(
    found: Judged, facts: AssetFacts, asset: Asset | None, reaches: Reaches
) -> list[FieldError]:
    """Return what the register would refuse; not where the row's own place is unknown."""
    wrong: list[FieldError] = []
    if not any(one.field in WHERE for one in found.wrong):
        try:
            asset_register.check(facts, asset, reaches.assets, is_tag_known=True)
        except Invalid as error:
            wrong += error.fields
    if (
        asset
        and facts.lifecycle != asset.lifecycle
        and facts.lifecycle not in MOVES[asset.lifecycle]
    ):
        steps = {"old": asset.lifecycle, "new": facts.lifecycle}
        words = {name: Message(f"lifecycle.{step}") for name, step in steps.items()}
        wrong.append(FieldError("lifecycle", Message("asset.move_refused", words)))
    return wrong
