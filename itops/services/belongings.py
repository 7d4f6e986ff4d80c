"""What a department has, and takes along when it moves to another site."""

from dataclasses import replace
from datetime import datetime

from sqlalchemy import select

from itops.db import db
from itops.models import (
    Asset,
    BackupJob,
    Check,
    Department,
    GrantProposal,
    Location,
    MaintenancePlan,
    RoleGrant,
    Site,
    SystemModule,
)
from itops.services.assets import register
from itops.services.assets.facts import facts_of
from itops.services.auditing import Actor
from itops.services.places import changing
from itops.services.places.changing import Place


def move(place: Place, to: Site | Location | None, *, by: Actor, at: datetime) -> None:
    """Put a place, with all that is in it, somewhere else. Raise Refused where it can't stand."""
    changing.move(place, to, by=by, at=at)
    if isinstance(place, Department):
        _take_along(place, by=by.name, at=at)


def _take_along(department: Department, *, by: str, at: datetime) -> None:
    """Put all that a department has at its site: scopes, lists and counts go by the site of each.

    Rooms stay behind, so an asset is in none until somebody writes where it stands now. Reports,
    alerts and work orders stay where they happened.
    """
    site_id = department.site_id
    for asset in db.session.scalars(select(Asset).where(Asset.department_id == department.id)):
        facts = replace(facts_of(asset), site_id=site_id, location_id=None)
        register.write(asset, facts, by=by, at=at, key="asset.event.edited")
    for plan in db.session.scalars(
        select(MaintenancePlan).where(MaintenancePlan.department_id == department.id)
    ):
        plan.site_id, plan.location_id = site_id, None
    for module in db.session.scalars(
        select(SystemModule).where(SystemModule.department_id == department.id)
    ):
        _move_module(module, site_id)
    for check in db.session.scalars(select(Check).where(Check.department_id == department.id)):
        check.site_id = site_id
    for grant in db.session.scalars(
        select(RoleGrant).where(RoleGrant.department_id == department.id)
    ):
        grant.site_id = site_id
    for proposal in db.session.scalars(
        select(GrantProposal).where(GrantProposal.department_id == department.id)
    ):
        proposal.site_id = site_id


def _move_module(module: SystemModule, site_id: int) -> None:
    module.site_id = site_id
    for job in db.session.scalars(select(BackupJob).where(BackupJob.module_id == module.id)):
        job.site_id = site_id
