"""Applying a dry run: every row that was shown, in one transaction, or none."""

from dataclasses import asdict, dataclass
from datetime import datetime

from itops.db import db
from itops.errors import Conflict
from itops.models import Asset, ImportDraft, Site
from itops.services import asset_register, auditing
from itops.services.asset_import.places import make_department, make_location, path_of
from itops.services.asset_import.planning import Fate, Plan, Planned, Reaches, plan
from itops.services.auditing import Actor


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
    for row in found.rows:
        _write(row, draft, by=by, at=at)
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


def _write(row: Planned, draft: ImportDraft, *, by: Actor, at: datetime) -> None:
    if row.facts is None:
        return
    if row.asset is not None:
        key = "asset.event.updated_by_import"
        asset_register.write(row.asset, row.facts, by=by.name, at=at, key=key, file=draft.filename)
        return
    is_demo = db.session.get_one(Site, row.facts.site_id).is_demo
    asset = Asset(**vars(row.facts), created_at=at, updated_at=at, is_demo=is_demo)
    db.session.add(asset)
    asset.note("asset.event.imported", by=by.name, at=at, file=draft.filename)
