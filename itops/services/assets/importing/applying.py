"""Applying a dry run: every row that was shown, in one transaction, or none."""

from dataclasses import asdict, dataclass
from datetime import datetime
from itertools import islice

from sqlalchemy import insert, select

from itops.db import db
from itops.errors import Conflict
from itops.models import Asset, AssetEvent, ImportDraft, Site
from itops.services import auditing
from itops.services.assets import register as asset_register
from itops.services.assets.importing.judging import Reaches
from itops.services.assets.importing.places import make_department, make_location, path_of
from itops.services.assets.importing.planning import Fate, Plan, plan
from itops.services.auditing import Actor
from itops.services.search import finding as searching

CHUNK = 500


@dataclass(frozen=True)
class Outcome:
    """How many rows became what."""

    new: int
    changed: int
    same: int
    left_out: int


def look(draft: ImportDraft, reaches: Reaches) -> Plan:
    """Make the dry run that the person will see, and remember what it was made from."""
    found = plan(draft, reaches)
    draft.seen = found.versions
    return found


def apply(
    draft: ImportDraft, reaches: Reaches, *, leave_out: int, by: Actor, at: datetime
) -> Outcome:
    """Write every row of the draft into the register, and forget the draft.

    `leave_out` is the number of refused rows that the person agreed to leave out. Raise Conflict,
    and write nothing, if as many are not refused now.
    """
    found = plan(draft, reaches, seen=draft.seen)
    refused = found.count(Fate.REFUSED)
    if refused != leave_out:
        raise Conflict("import.refused_now", n=refused)
    if found.departments or found.locations:
        _make_places(found)
        found = plan(draft, reaches, seen=draft.seen)
        if found.count(Fate.REFUSED) != leave_out:
            raise Conflict("import.refused_now", n=found.count(Fate.REFUSED))
    _register(found, draft, by=by, at=at)
    _update(found, draft, by=by, at=at)
    outcome = Outcome(*(found.count(fate) for fate in Fate))
    told = {"file": draft.filename, "site": draft.site.name} | asdict(outcome)
    auditing.record("asset.imported", draft, by=by, at=at, after=told)
    db.session.delete(draft)
    db.session.flush()
    return outcome


def _make_places(found: Plan) -> None:
    for site_id, name in sorted(found.departments):
        make_department(site_id, name)
    for site_id, path in sorted(found.locations):
        make_location(site_id, path_of(path))
    db.session.flush()


def _register(found: Plan, draft: ImportDraft, *, by: Actor, at: datetime) -> None:
    """Write the new assets in bulk, with a line on each timeline and their words."""
    new = [row.facts for row in found.rows if row.facts is not None and row.asset is None]
    if not new:
        return
    demo = set(db.session.scalars(select(Site.id).where(Site.is_demo)))
    db.session.execute(
        insert(Asset),
        [
            {**vars(facts), "created_at": at, "updated_at": at, "is_demo": facts.site_id in demo}
            for facts in new
        ],
    )
    tags = iter([facts.tag for facts in new])
    keys: list[int] = []
    while chunk := list(islice(tags, CHUNK)):
        keys += db.session.scalars(select(Asset.id).where(Asset.tag.in_(chunk)))
    told = {"by": by.name, "key": "asset.event.imported", "params": {"file": draft.filename}}
    db.session.execute(insert(AssetEvent), [{"asset_id": key, "at": at, **told} for key in keys])
    searching.index_assets(db.session.connection(), keys)


def _update(found: Plan, draft: ImportDraft, *, by: Actor, at: datetime) -> None:
    """Write what changes on assets that are there, each with a line on its timeline."""
    key, file = "asset.event.updated_by_import", draft.filename
    with db.session.no_autoflush:
        for row in found.rows:
            if row.facts is not None and row.asset is not None:
                asset_register.write(row.asset, row.facts, by=by.name, at=at, key=key, file=file)
