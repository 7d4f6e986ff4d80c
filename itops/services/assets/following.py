"""What stands where its asset stands: the machine behind it, and the checks of it."""

from sqlalchemy import select

from itops.db import db
from itops.models import Asset, Check, Host


def follow(asset: Asset) -> None:
    """Put an asset's machine and checks into its place, so that one scope holds for all of them."""
    for host in db.session.scalars(select(Host).where(Host.asset_id == asset.id)):
        host.site_id = asset.site_id
    for check in db.session.scalars(select(Check).where(Check.asset_id == asset.id)):
        check.site_id, check.department_id = asset.site_id, asset.department_id
