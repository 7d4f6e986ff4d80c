"""Places as the command line names them."""

from sqlalchemy import or_, select

from itops.db import db
from itops.errors import Refused
from itops.models import Site


def site_named(name: str) -> Site | None:
    """Return the one site with this name, Chinese or English; None for no name.

    Raise Refused if there is none, or more than one.
    """
    if not name:
        return None
    found = db.session.scalars(
        select(Site).where(or_(Site.name == name, Site.name_en == name))
    ).all()
    if len(found) != 1:
        raise Refused("cli.site_not_one", name=name, n=len(found))
    return found[0]
