"""The dry run: what would become of every row of a ledger, and why."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import islice

from sqlalchemy import select

from itops.db import db
from itops.errors import FieldError, Invalid, Message
from itops.models import Asset, AssetType, ImportDraft
from itops.models.asset import MOVES
from itops.services.assets import facts as asset_facts
from itops.services.assets import register as asset_register
from itops.services.assets.facts import AssetFacts
from itops.services.assets.importing import drafts
from itops.services.assets.importing.places import Places, can_be_made, path_of
from itops.services.assets.importing.rows import Interpreter, Written
from itops.services.assets.register import Change
from itops.services.scoping import Within

#: What a row is refused for whose department or place could be made.
LACKING = {"import.department_unknown", "import.location_unknown"}


class Fate(StrEnum):
    """What becomes of a row."""

    NEW = "new"
    CHANGED = "changed"
    SAME = "same"
    REFUSED = "refused"


@dataclass(frozen=True)
class Planned:
    """One row: its line in the file, its fate, and what changes or is wrong."""

    line: int
    tag: str
    name: str
    fate: Fate
    changes: tuple[Change, ...] = ()
    wrong: tuple[FieldError, ...] = ()
    facts: AssetFacts | None = None
    asset: Asset | None = None


@dataclass(frozen=True)
class Plan:
    """Every row, and the places that would be made."""

    rows: list[Planned]
    departments: set[tuple[int, str]] = field(default_factory=set)
    locations: set[tuple[int, str]] = field(default_factory=set)
    #: What the session would forget, and look up again for every row, if nobody held it.
    kept: tuple[object, ...] = ()

    def count(self, fate: Fate) -> int:
        """Return how many rows have this fate."""
        return sum(1 for row in self.rows if row.fate is fate)

    @property
    def lacks_places(self) -> bool:
        """Whether rows are refused because their department or place is not there yet."""
        return any(wrong.message.key in LACKING for row in self.rows for wrong in row.wrong)

    @property
    def versions(self) -> dict[str, int]:
        """The version of each asset that the rows speak of, by tag."""
        return {row.tag: row.asset.version for row in self.rows if row.asset is not None}


@dataclass(frozen=True)
class Reaches:
    """Where the person may import, and where they may make departments and locations."""

    assets: Within
    places: Within


def plan(draft: ImportDraft, reaches: Reaches, *, seen: Mapping[str, int] | None = None) -> Plan:
    """Return what would become of every row now.

    Given the versions that the person has `seen`, a row whose asset was changed, registered or
    removed since is refused.
    """
    types = list(db.session.scalars(select(AssetType)))
    reader = Interpreter(draft, Places(reaches.assets), types)
    written = [reader.read(line, cells) for line, cells in drafts.rows_of(draft)]
    rows = [row for row in written if row is not None]
    assets = _assets_of(row.tag for row in rows if row.tag)
    made = Plan([], kept=(reader.places, types))
    lines: dict[str, int] = {}
    for row in rows:
        asset = assets.get(row.tag)
        try:
            _check_first(row, lines)
            _check_seen(row, asset, seen)
            planned = _planned(row, asset, reader, reaches, made)
        except Invalid as error:
            wrong = error.fields or (FieldError("", error.message),)
            planned = Planned(row.line, row.tag, row.name, Fate.REFUSED, (), wrong, None, asset)
        made.rows.append(planned)
    return made


def _check_first(row: Written, lines: dict[str, int]) -> None:
    """Raise Invalid if an earlier line of the file has the same tag."""
    if row.tag and lines.setdefault(row.tag, row.line) != row.line:
        raise Invalid("import.twice", field="tag", line=lines[row.tag])


def _check_seen(row: Written, asset: Asset | None, seen: Mapping[str, int] | None) -> None:
    """Raise Invalid if the asset is not as the person saw it in the dry run."""
    if seen is not None and (asset.version if asset else 0) != seen.get(row.tag, 0):
        raise Invalid("import.changed_since", field="tag")


def _planned(
    row: Written, asset: Asset | None, reader: Interpreter, reaches: Reaches, made: Plan
) -> Planned:
    typed = reader.typed(row, asset)
    missing = reader.missing_places(row, typed)
    facts = asset_facts.parse(typed)
    asset_register.check(facts, asset, reaches.assets, is_tag_known=True)
    for name, text in missing.items():
        if not reader.draft.makes_places:
            raise Invalid(f"import.{name.removesuffix('_id')}_unknown", field=name, name=text[:80])
        _note_missing(name, text, facts.site_id, reaches, made)
    if asset is None:
        return Planned(row.line, row.tag, facts.name, Fate.NEW, facts=facts)
    if facts.lifecycle != asset.lifecycle and facts.lifecycle not in MOVES[asset.lifecycle]:
        words = {"old": asset.lifecycle, "new": facts.lifecycle}
        steps = {name: Message(f"lifecycle.{step}") for name, step in words.items()}
        raise Invalid("asset.move_refused", field="lifecycle", **steps)
    changes = [
        change for change in asset_register.differences(asset, facts) if change.field not in missing
    ]
    changes += [
        Change(name, asset_register.told(name, getattr(asset, name)), text)
        for name, text in missing.items()
    ]
    fate = Fate.CHANGED if changes else Fate.SAME
    return Planned(row.line, row.tag, facts.name, fate, tuple(changes), facts=facts, asset=asset)


def _note_missing(name: str, text: str, site_id: int, reaches: Reaches, made: Plan) -> None:
    """Note a place that must be made first. Raise Invalid if it may not or cannot be."""
    if not reaches.places.covers(site_id=site_id):
        raise Invalid("import.places_not_allowed", field=name, name=text[:80])
    if name == "department_id":
        made.departments.add((site_id, asset_facts.READERS["name"](text)))
    elif can_be_made(path_of(text)):
        made.locations.add((site_id, asset_facts.READERS["notes"](text)))
    else:
        raise Invalid("import.location_unknown", field=name, name=text[:80])


def _assets_of(tags: Iterable[str]) -> dict[str, Asset]:
    found: dict[str, Asset] = {}
    waiting = iter(sorted(set(tags)))
    while chunk := list(islice(waiting, 500)):
        for asset in db.session.scalars(select(Asset).where(Asset.tag.in_(chunk))):
            found[asset.tag] = asset
    return found
