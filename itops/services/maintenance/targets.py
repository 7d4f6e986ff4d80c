"""What a plan is about, as things: the machines that it covers, and where they stand."""

from collections.abc import Sequence

from sqlalchemy import Select, select

from itops.db import db
from itops.models import Asset, Lifecycle, Location, MaintenancePlan
from itops.services.maintenance.templates import Target

#: Machines in these steps of life are looked after.
LOOKED_AFTER = (Lifecycle.IN_SERVICE,)


def target_of(plan: MaintenancePlan) -> Target:
    """Return what kind of thing a plan is about."""
    if plan.asset_id is not None:
        return Target.ASSET
    if plan.type_key is not None:
        return Target.TYPE
    return Target.MODULE if plan.module_id is not None else Target.PLACE


def covered(plan: MaintenancePlan) -> list[int]:
    """Return the ids of the machines that a plan for a type covers now."""
    if plan.type_key is None:
        return []
    statement: Select[int] = select(Asset.id).where(
        Asset.type_key == plan.type_key,
        Asset.site_id == plan.site_id,
        Asset.lifecycle.in_(LOOKED_AFTER),
    )
    if plan.department_id is not None:
        statement = statement.where(Asset.department_id == plan.department_id)
    if plan.location_id is not None:
        statement = statement.where(Asset.location_id.in_(with_all_below(plan.location_id)))
    return list(db.session.scalars(statement.order_by(Asset.id)))


def with_all_below(location_id: int) -> set[int]:
    """Return a place and all that is in it: a building's floors, and their rooms."""
    found: set[int] = set()
    above: Sequence[int] = [location_id]
    while above:
        found.update(above)
        below = db.session.scalars(select(Location.id).where(Location.parent_id.in_(above)))
        above = [one for one in below if one not in found]
    return found
