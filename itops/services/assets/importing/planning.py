"""The dry run: what would become of every row of a ledger, and why."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import islice

from sqlalchemy import select

from itops.db import db
from itops.errors import FieldError, Message
from itops.models import Asset, AssetType, ImportDraft
from itops.services.assets import register as asset_register
from itops.services.assets.facts import READERS, AssetFacts
from itops.services.assets.importing import drafts
from itops.services.assets.importing.judging import Judged, Reaches, judge
from itops.services.assets.importing.places import Places
from itops.services.assets.importing.rows import Interpreter, Written
from itops.services.assets.register import Change

FIELDS = list(READERS)
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
        wrong = [*_twice(row, lines), *_not_as_seen(row, asset, seen)]
        made.rows.append(_planned(row, asset, judge(row, asset, reader, reaches), wrong, made))
    return made


def _twice(row: Written, lines: dict[str, int]) -> list[FieldError]:
    """Refuse a tag that an earlier line of the file has."""
    if not row.tag or lines.setdefault(row.tag, row.line) == row.line:
        return []
    return [FieldError("tag", Message("import.twice", {"line": lines[row.tag]}))]


def _not_as_seen(
    row: Written, asset: Asset | None, seen: Mapping[str, int] | None
) -> list[FieldError]:
    """Refuse an asset that is not as the person saw it in the dry run."""
    if seen is None or (asset.version if asset else 0) == seen.get(row.tag, 0):
        return []
    return [FieldError("tag", Message("import.changed_since"))]


def _planned(
    row: Written, asset: Asset | None, read: Judged, wrong: list[FieldError], made: Plan
) -> Planned:
    wrong, facts = [*wrong, *read.wrong], read.facts
    if wrong or facts is None:
        told = tuple(sorted(wrong, key=lambda one: FIELDS.index(one.field)))
        return Planned(row.line, row.tag, row.name, Fate.REFUSED, (), told, None, asset)
    made.departments.update((facts.site_id, name) for name in read.departments)
    made.locations.update((facts.site_id, path) for path in read.locations)
    if asset is None:
        return Planned(row.line, row.tag, facts.name, Fate.NEW, facts=facts)
    changes = [
        change
        for change in asset_register.differences(asset, facts)
        if change.field not in read.missing
    ]
    changes += [
        Change(name, asset_register.told(name, getattr(asset, name)), text)
        for name, text in read.missing.items()
    ]
    fate = Fate.CHANGED if changes else Fate.SAME
    return Planned(row.line, row.tag, facts.name, fate, tuple(changes), facts=facts, asset=asset)


def _assets_of(tags: Iterable[str]) -> dict[str, Asset]:
    found: dict[str, Asset] = {}
    waiting = iter(sorted(set(tags)))
    while chunk := list(islice(waiting, 500)):
        for asset in db.session.scalars(select(Asset).where(Asset.tag.in_(chunk))):
            found[asset.tag] = asset
    return found
