"""Who may be told: a message reaches nobody who could not open the alert's page."""

from collections.abc import Collection
from datetime import datetime

from itops.models import Alert, Role, User
from itops.services.alerting.surroundings import Surroundings

#: Roles that see alerts; the table of permissions takes them from here.
READERS = frozenset(
    {
        Role.SITE_OFFICER,
        Role.ENGINEER,
        Role.DUTY_OFFICER,
        Role.HEAD,
        Role.DIRECTOR,
        Role.DEPUTY,
        Role.SYSTEM_ADMIN,
        Role.DEPARTMENT_CONTACT,
    }
)


def may_read(
    user: User, alert: Alert, around: Surroundings, roles: Collection[Role] = READERS
) -> bool:
    """Whether one of the person's roles, where it holds, lets them see the alert."""
    return user.is_enabled and any(
        grant.role in roles and _reaches(grant.site_id, grant.department_id, alert, around)
        for grant in user.grants_at(around.at)
    )


def _reaches(
    site_id: int | None, department_id: int | None, alert: Alert, around: Surroundings
) -> bool:
    if department_id is not None:
        return alert.department_id == department_id
    return around.is_within(alert.site_id, site_id)


def may_read_any(user: User, at: datetime) -> bool:
    """Whether the person sees alerts anywhere."""
    return user.is_enabled and any(grant.role in READERS for grant in user.grants_at(at))
