"""The register of assets: what may be written, by whom, and how it stands on the timeline."""

from dataclasses import dataclass, fields
from datetime import date, datetime
from enum import StrEnum
from typing import Any, TypeVar

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm.exc import StaleDataError

from itops.db import db
from itops.errors import Conflict, FieldError, Invalid, Message
from itops.models import Asset, AssetType, Department, Lifecycle, Location, Site
from itops.services import auditing
from itops.services.assets.facts import AssetFacts, facts_of, yuan
from itops.services.assets.following import follow
from itops.services.auditing import Actor
from itops.services.places import paths as place_paths
from itops.services.scoping import Within

P = TypeVar("P", Department, Location)


@dataclass(frozen=True)
class Change:
    """One field before and after, as a timeline tells it: texts, or messages as JSON."""

    field: str
    old: Any
    new: Any

    def as_json(self) -> dict[str, Any]:
        return {"field": self.field, "old": self.old, "new": self.new}


def create(facts: AssetFacts, *, within: Within, by: Actor, at: datetime) -> Asset:
    """Register an asset. Raise Invalid with the fields that are wrong or out of reach."""
    site = check(facts, None, within)
    asset = Asset(**vars(facts), created_at=at, updated_at=at, is_demo=site.is_demo)
    db.session.add(asset)
    asset.note("asset.event.created", by=by.name, at=at)
    _flush(asset)
    auditing.record("asset.created", asset, by=by, at=at, after=auditing.facts(asset))
    return asset


def edit(
    asset: Asset, facts: AssetFacts, *, version: int, within: Within, by: Actor, at: datetime
) -> list[Change]:
    """Make an asset what `facts` say. Return what changed.

    Raise Conflict if it is not at `version` any more, Invalid with the fields that are wrong or
    out of reach, Refused if its lifecycle may not go there.
    """
    if asset.version != version:
        raise Conflict("asset.changed_meanwhile")
    check(facts, asset, within)
    before = auditing.facts(asset)
    changes = write(asset, facts, by=by.name, at=at, key="asset.event.edited")
    if changes:
        _flush(asset)
        after = auditing.facts(asset)
        auditing.record("asset.edited", asset, by=by, at=at, before=before, after=after)
    return changes


def move(asset: Asset, lifecycle: Lifecycle, *, by: Actor, at: datetime) -> None:
    """Take an asset to another step of its life. Raise Refused if it may not go there."""
    before = auditing.facts(asset)
    asset.move_to(lifecycle, by=by.name, at=at)
    _flush(asset)
    after = auditing.facts(asset)
    auditing.record("asset.moved", asset, by=by, at=at, before=before, after=after)


def write(
    asset: Asset, facts: AssetFacts, *, by: str, at: datetime, key: str, **words: Any
) -> list[Change]:
    """Put checked facts into an asset and on its timeline under `key`. Return what changed."""
    if facts.lifecycle != asset.lifecycle:
        asset.move_to(facts.lifecycle, by=by, at=at)
    changes = differences(asset, facts)
    for change in changes:
        setattr(asset, change.field, getattr(facts, change.field))
    if changes:
        told = [change.as_json() for change in changes]
        if {change.field for change in changes} & {"site_id", "department_id"}:
            follow(asset)
        asset.note(key, by=by, at=at, n=len(changes), changes=told, **words)
    return changes


def differences(asset: Asset, facts: AssetFacts) -> list[Change]:
    """Return what `facts` say otherwise than the asset, field by field."""
    old = facts_of(asset)
    return [
        Change(entry.name, told(entry.name, before), told(entry.name, after))
        for entry in fields(AssetFacts)
        if (before := getattr(old, entry.name)) != (after := getattr(facts, entry.name))
    ]


def check(
    facts: AssetFacts, asset: Asset | None, within: Within, *, is_tag_known: bool = False
) -> Site:
    """Return the site of these facts if the asset may be written so.

    Both where it is and where it goes must be within reach: who may edit a thing may not thereby
    carry it off, nor pull in another's. Raise Invalid with the fields that are wrong. Whether the
    tag is free is not looked up if the caller knows it.
    """
    if asset is not None and not within.covers(
        site_id=asset.site_id, department_id=asset.department_id
    ):
        raise Invalid("asset.out_of_reach", field="site_id")
    site = db.session.get(Site, facts.site_id)
    if site is None or not within.covers(site_id=site.id, department_id=facts.department_id):
        raise Invalid("asset.site_unknown", field="site_id")
    wrong = [*_wrong_places(facts, site, asset), *_wrong_type(facts)]
    if not is_tag_known:
        wrong += _wrong_tag(facts, asset)
    if wrong:
        raise Invalid.many(wrong)
    return site


def told(field: str, value: Any) -> Any:
    """Return a value as a timeline keeps it: as it was called then, or a message as JSON."""
    if value is None:
        return ""
    if isinstance(value, StrEnum):
        return Message(f"{field}.{value}").as_json()
    if field in NAMED:
        return NAMED[field](value)
    if field == "price_fen":
        return yuan(value)
    return value.isoformat() if isinstance(value, date) else value


def _name_of(model: type[Site | Department | AssetType], key: Any) -> str:
    return str(getattr(db.session.get(model, key), "name", ""))


def _path_of(location: Location | None) -> str:
    return place_paths.written(place_paths.way_to(location), "zh_Hans")


#: Fields that hold a key, and how the thing behind it is called.
NAMED = {
    "site_id": lambda key: _name_of(Site, key),
    "department_id": lambda key: _name_of(Department, key),
    "location_id": lambda key: _path_of(db.session.get(Location, key)),
    "type_key": lambda key: _name_of(AssetType, key),
}


def _wrong_places(facts: AssetFacts, site: Site, asset: Asset | None) -> list[FieldError]:
    wrong = []
    if asset is not None and asset.is_demo != site.is_demo:
        wrong.append(FieldError("site_id", Message("asset.demo_mixed")))
    department = _place(Department, facts.department_id)
    location = _place(Location, facts.location_id)
    places: tuple[tuple[str, int | None, Department | Location | None], ...] = (
        ("department_id", facts.department_id, department),
        ("location_id", facts.location_id, location),
    )
    for field, key, place in places:
        if key and (place is None or place.site_id != site.id):
            wrong.append(FieldError(field, Message(f"asset.{field.removesuffix('_id')}_elsewhere")))
        elif place is not None and place.is_demo != site.is_demo:
            wrong.append(FieldError(field, Message("asset.demo_mixed")))
    return wrong


def _place(model: type[P], key: int | None) -> P | None:
    return db.session.get(model, key) if key else None


def _wrong_type(facts: AssetFacts) -> list[FieldError]:
    if db.session.get(AssetType, facts.type_key) is None:
        return [FieldError("type_key", Message("asset.type_unknown"))]
    return []


def _wrong_tag(facts: AssetFacts, asset: Asset | None) -> list[FieldError]:
    if asset is not None and asset.tag == facts.tag:
        return []
    taken = db.session.scalar(select(Asset.id).where(Asset.tag == facts.tag))
    return [FieldError("tag", Message("asset.tag_taken"))] if taken is not None else []


def _flush(asset: Asset) -> None:
    """Write now, so that a race that another transaction won is told as what it is."""
    tag = asset.tag
    try:
        db.session.flush()
    except StaleDataError:
        raise Conflict("asset.changed_meanwhile") from None
    except IntegrityError as error:
        if "tag" in str(error.orig):
            raise Invalid("asset.tag_taken", field="tag", tag=tag) from None
        raise
