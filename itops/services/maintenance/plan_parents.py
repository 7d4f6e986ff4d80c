"""What a plan may be about: the place, thing and person that it names, each within reach."""

from datetime import datetime

from sqlalchemy import select

from itops.db import db
from itops.errors import FieldError, Invalid, Message
from itops.models import Asset, AssetType, Department, Location, Site, SystemModule, User
from itops.services.holders import workers_at
from itops.services.maintenance.plan_facts import PlanFacts
from itops.services.maintenance.templates import Target
from itops.services.scoping import Within


def asset_of(facts: PlanFacts, site: Site, within: Within, *, at: datetime) -> int | None:
    """Return the asset that a plan at `site` is about, if it is about one.

    Raise Invalid with what is not of the site, out of reach or no person for it.
    """
    wrong: list[FieldError] = []
    _place(facts, site, wrong)
    asset_id = _asset(facts, site, within, wrong)
    _module(facts, site, within, wrong)
    _named(facts, site, wrong, at=at)
    if wrong:
        raise Invalid.many(wrong)
    return asset_id


def site_of(facts: PlanFacts, within: Within) -> Site:
    site = db.session.get(Site, facts.site_id)
    if site is None or not within.covers(site_id=site.id, department_id=facts.department_id):
        raise Invalid("asset.site_unknown", field="site_id")
    return site


def _place(facts: PlanFacts, site: Site, wrong: list[FieldError]) -> None:
    places: tuple[tuple[str, Department | Location | None, int | None], ...] = (
        (
            "department_id",
            db.session.get(Department, facts.department_id) if facts.department_id else None,
            facts.department_id,
        ),
        (
            "location_id",
            db.session.get(Location, facts.location_id) if facts.location_id else None,
            facts.location_id,
        ),
    )
    for field, found, key in places:
        if key and (found is None or found.site_id != site.id):
            wrong.append(FieldError(field, Message(f"asset.{field.removesuffix('_id')}_elsewhere")))


def _asset(facts: PlanFacts, site: Site, within: Within, wrong: list[FieldError]) -> int | None:
    if facts.target is not Target.ASSET:
        return None
    asset = db.session.scalar(select(Asset).where(Asset.tag == facts.asset_tag))
    if asset is None or asset.site_id != site.id or not _reaches(within, asset):
        wrong.append(FieldError("asset_tag", Message("plan.no_such_asset")))
        return None
    return asset.id


def _module(facts: PlanFacts, site: Site, within: Within, wrong: list[FieldError]) -> None:
    if facts.target is Target.MODULE:
        module = db.session.get(SystemModule, facts.module_id)
        if module is None or module.site_id != site.id or not _reaches(within, module):
            wrong.append(FieldError("module_id", Message("plan.no_such_module")))


def _reaches(within: Within, thing: Asset | SystemModule) -> bool:
    return within.covers(site_id=thing.site_id, department_id=thing.department_id)


def _named(facts: PlanFacts, site: Site, wrong: list[FieldError], *, at: datetime) -> None:
    if facts.target is Target.TYPE and db.session.get(AssetType, facts.type_key) is None:
        wrong.append(FieldError("type_key", Message("asset.type_unknown")))
    if facts.owner_id:
        owners = select(User).where(
            User.id == facts.owner_id,
            User.is_demo == site.is_demo,
            workers_at(site.id, facts.department_id, at=at),
        )
        if db.session.scalar(owners) is None:
            wrong.append(FieldError("owner_id", Message("plan.no_such_person")))
