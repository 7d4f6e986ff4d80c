"""Where a report form stands: at a labelled device, or at a site whose departments are chosen."""

from dataclasses import dataclass

from flask import abort, request, url_for
from sqlalchemy import select

from itops.clock import utcnow
from itops.db import db
from itops.models import Asset, Department, Site
from itops.services import public_limits
from itops.services.labels import codes as asset_labels
from itops.services.tickets.known_faults import Where
from itops.views.tickets.guesses import count_wrong

#: Of one address and of one device, in ten minutes: more than a ward in trouble sends.
MOST_OF_AN_ADDRESS, MOST_OF_A_DEVICE = 40, 15


@dataclass(frozen=True)
class Spot:
    """What a form is about, and where it is sent."""

    site: Site
    asset: Asset | None
    departments: list[Department]
    action: str

    def where(self, department_id: int | None = None) -> Where:
        """Return where the reporter stands."""
        own = self.asset.department_id if self.asset else department_id
        return Where(self.site.id, own, self.asset)

    def count(self) -> None:
        """Count one more report from here. Raise TooOften when it is one too many."""
        at = utcnow()
        public_limits.count(f"report {request.remote_addr}", most=MOST_OF_AN_ADDRESS, at=at)
        if self.asset is not None:
            public_limits.count(f"report asset {self.asset.id}", most=MOST_OF_A_DEVICE, at=at)


def labelled(code: str) -> Spot | None:
    """Return the spot of a label; None for one that is unknown or revoked, after counting it."""
    asset = asset_labels.asset_of(code)
    if asset is None:
        count_wrong()
        return None
    return Spot(asset.site, asset, [], url_for("reports.at_label", code=code))


def sited(site_id: int) -> Spot:
    """Return the spot of a site, or answer that there is none."""
    site = db.session.get(Site, site_id)
    if site is None:
        abort(404)
    rows = select(Department).where(Department.site_id == site.id).order_by(Department.name)
    action = url_for("reports.at_site", site_id=site.id)
    return Spot(site, None, list(db.session.scalars(rows)), action)
