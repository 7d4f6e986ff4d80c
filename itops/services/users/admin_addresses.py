"""From where administrators act: their roles hold in some networks only, if a hospital says so."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from ipaddress import IPv6Address, ip_address, ip_network

from sqlalchemy import select

from itops.db import db
from itops.models import RoleGrant, User, UserSession
from itops.services.users.three_administrators import THREE

#: The roles that open others' accounts, the installation and the log.
ADMINISTRATORS = frozenset(THREE)


def withheld(
    grants: Iterable[RoleGrant], *, address: str, networks: Sequence[str]
) -> list[RoleGrant]:
    """Return those of a person's grants that do not hold at an address. No networks: all hold."""
    if not networks or is_inside(address, networks):
        return []
    return [grant for grant in grants if grant.role in ADMINISTRATORS]


def is_inside(address: str, networks: Sequence[str]) -> bool:
    """Whether an address is in one of these networks; what is no address is in none."""
    try:
        asking = ip_address(address)
    except ValueError:
        return False
    if isinstance(asking, IPv6Address) and asking.ipv4_mapped:
        asking = asking.ipv4_mapped
    return any(asking in ip_network(network) for network in networks)


def outside(networks: Sequence[str], *, at: datetime) -> list[str]:
    """Return the addresses from which administrators are signed in, but may not act."""
    found = db.session.scalars(
        select(UserSession.address)
        .join(User, User.id == UserSession.user_id)
        .where(
            User.grants.any(RoleGrant.role.in_(ADMINISTRATORS)),
            UserSession.revoked_at.is_(None),
            UserSession.ends_at > at,
        )
        .distinct()
        .order_by(UserSession.address)
    )
    return [address for address in found if not is_inside(address, networks)]
