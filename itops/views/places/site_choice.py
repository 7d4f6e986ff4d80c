"""The sites that a person may put machines at, and the one that a form names."""

from collections.abc import Sequence

from flask import request
from sqlalchemy import ColumnElement, select, true

from itops.auth.permissions import Permission
from itops.auth.scopes import reach
from itops.db import db
from itops.errors import Invalid
from itops.models import Site
from itops.views.hosts.fleet_filters import number_in


def sites_within() -> Sequence[Site]:
    """Return the sites of this person's machines."""
    return db.session.scalars(select(Site).where(_is_within()).order_by(Site.id)).all()


def site_typed() -> Site | None:
    """Return the site that the form names; who may act everywhere may name none.

    Raise Invalid for a site out of reach.
    """
    number = number_in(request.form, "site")
    if not number and reach(Permission.MANAGE_HOSTS).everywhere:
        return None
    site = db.session.scalar(select(Site).where(Site.id == number, _is_within()))
    if site is None:
        raise Invalid("enrolment.site_wrong", field="site")
    return site


def _is_within() -> ColumnElement[bool]:
    within = reach(Permission.MANAGE_HOSTS)
    return true() if within.everywhere else Site.id.in_(within.site_ids)
