"""Who may do what: one table, read by `requires` on every route."""

from collections.abc import Callable
from enum import StrEnum
from functools import wraps
from typing import NoReturn, ParamSpec, TypeVar

from flask import abort, g, request
from flask_login import current_user
from werkzeug.exceptions import Forbidden

from itops.auth.sessions import login_manager
from itops.errors import Message
from itops.models import Role, RoleGrant
from itops.services.alerting.readers import READERS

P = ParamSpec("P")
R = TypeVar("R")


class Permission(StrEnum):
    #: Pages that every signed-in person may open: the start page, one's own account, about.
    BE_HERE = "be_here"
    VIEW_HEALTH = "view_health"
    MANAGE_HOSTS = "manage_hosts"
    VIEW_ASSETS = "view_assets"
    EDIT_ASSETS = "edit_assets"
    IMPORT_ASSETS = "import_assets"
    EXPORT_ASSETS = "export_assets"
    VIEW_ALERTS = "view_alerts"
    HANDLE_ALERTS = "handle_alerts"
    MANAGE_CHANNELS = "manage_channels"
    VIEW_DELIVERIES = "view_deliveries"
    VIEW_MODULES = "view_modules"
    EDIT_MODULES = "edit_modules"
    VIEW_TICKETS = "view_tickets"
    WORK_TICKETS = "work_tickets"
    SET_TIME_LIMITS = "set_time_limits"
    PRINT_LABELS = "print_labels"
    VIEW_CHECKS = "view_checks"
    RUN_CHECKS = "run_checks"
    MANAGE_CHECKS = "manage_checks"
    #: What checks sign in with, and by which keys machines are known.
    MANAGE_CREDENTIALS = "manage_credentials"
    VIEW_MONTH = "view_month"
    VIEW_BACKUPS = "view_backups"
    MANAGE_BACKUPS = "manage_backups"
    RUN_RESTORE_TESTS = "run_restore_tests"
    MANAGE_PLACES = "manage_places"
    MANAGE_USERS = "manage_users"
    REVIEW_ACCESS = "review_access"
    APPROVE_ROLES = "approve_roles"
    VIEW_AUDIT = "view_audit"
    VIEW_INSTALLATION = "view_installation"
    VIEW_MAINTENANCE = "view_maintenance"
    PLAN_MAINTENANCE = "plan_maintenance"
    DO_WORK_ORDERS = "do_work_orders"
    SIGN_OFF = "sign_off"


#: Sees what is there and how it is, wherever the role holds; the vendor's engineer and the
#: inspector only look, at named things and at a site or everything, until their time is over.
_GUESTS = {Role.VENDOR, Role.INSPECTOR}
_WHO_SEES_HEALTH = {
    Role.SITE_OFFICER,
    Role.ENGINEER,
    Role.DUTY_OFFICER,
    Role.HEAD,
    Role.DIRECTOR,
    Role.DEPUTY,
    Role.SYSTEM_ADMIN,
}

#: Which roles hold each permission. What is not listed is refused.
GRANTS: dict[Permission, set[Role]] = {
    Permission.BE_HERE: set(Role),
    Permission.VIEW_HEALTH: _WHO_SEES_HEALTH | _GUESTS,
    Permission.MANAGE_HOSTS: {Role.ENGINEER, Role.HEAD, Role.SYSTEM_ADMIN},
    Permission.VIEW_ASSETS: _WHO_SEES_HEALTH | {Role.DEPARTMENT_CONTACT} | _GUESTS,
    Permission.EDIT_ASSETS: {Role.SITE_OFFICER, Role.ENGINEER, Role.DUTY_OFFICER, Role.HEAD},
    Permission.IMPORT_ASSETS: {Role.ENGINEER, Role.HEAD},
    Permission.EXPORT_ASSETS: {Role.SITE_OFFICER, Role.ENGINEER, Role.HEAD, Role.DEPUTY},
    Permission.VIEW_ALERTS: set(READERS),
    Permission.HANDLE_ALERTS: {Role.SITE_OFFICER, Role.ENGINEER, Role.DUTY_OFFICER, Role.HEAD},
    Permission.MANAGE_CHANNELS: {Role.SYSTEM_ADMIN},
    Permission.VIEW_DELIVERIES: {Role.HEAD, Role.SYSTEM_ADMIN},
    Permission.VIEW_MODULES: _WHO_SEES_HEALTH | {Role.DEPARTMENT_CONTACT} | _GUESTS,
    Permission.EDIT_MODULES: {Role.ENGINEER, Role.HEAD},
    Permission.VIEW_TICKETS: _WHO_SEES_HEALTH | {Role.DEPARTMENT_CONTACT} | _GUESTS,
    Permission.WORK_TICKETS: {Role.SITE_OFFICER, Role.ENGINEER, Role.DUTY_OFFICER, Role.HEAD},
    Permission.SET_TIME_LIMITS: {Role.HEAD},
    Permission.PRINT_LABELS: {Role.SITE_OFFICER, Role.ENGINEER, Role.HEAD},
    Permission.VIEW_CHECKS: _WHO_SEES_HEALTH | _GUESTS,
    Permission.RUN_CHECKS: {
        Role.SITE_OFFICER,
        Role.ENGINEER,
        Role.DUTY_OFFICER,
        Role.HEAD,
        Role.SYSTEM_ADMIN,
    },
    Permission.MANAGE_CHECKS: {Role.ENGINEER, Role.HEAD, Role.SYSTEM_ADMIN},
    Permission.MANAGE_CREDENTIALS: {Role.HEAD, Role.SYSTEM_ADMIN},
    Permission.VIEW_MONTH: _WHO_SEES_HEALTH | {Role.INSPECTOR},
    Permission.VIEW_BACKUPS: _WHO_SEES_HEALTH | _GUESTS,
    Permission.MANAGE_BACKUPS: {Role.ENGINEER, Role.HEAD},
    Permission.RUN_RESTORE_TESTS: {Role.ENGINEER, Role.DUTY_OFFICER, Role.HEAD},
    Permission.MANAGE_PLACES: {Role.HEAD, Role.SYSTEM_ADMIN},
    Permission.MANAGE_USERS: {Role.SYSTEM_ADMIN},
    #: Withdrawing is not the audit administrator's: services/users/reviewing.py.
    Permission.REVIEW_ACCESS: {Role.HEAD, Role.SECURITY_ADMIN, Role.AUDIT_ADMIN},
    #: Where three administrators are kept apart (ITOPS_THREE_ADMINISTRATORS); never one's own.
    Permission.APPROVE_ROLES: {Role.SECURITY_ADMIN},
    Permission.VIEW_AUDIT: {Role.AUDIT_ADMIN},
    Permission.VIEW_INSTALLATION: {Role.HEAD, Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN},
    Permission.VIEW_MAINTENANCE: _WHO_SEES_HEALTH | {Role.DEPARTMENT_CONTACT} | _GUESTS,
    Permission.PLAN_MAINTENANCE: {Role.SITE_OFFICER, Role.ENGINEER, Role.HEAD},
    Permission.DO_WORK_ORDERS: {
        Role.SITE_OFFICER,
        Role.ENGINEER,
        Role.DUTY_OFFICER,
        Role.HEAD,
    },
    #: Never one's own work: services/maintenance/signing.py.
    Permission.SIGN_OFF: {
        Role.SITE_OFFICER,
        Role.ENGINEER,
        Role.DUTY_OFFICER,
        Role.HEAD,
        Role.DEPUTY,
    },
}


def may(permission: Permission) -> bool:
    """Whether the person of this request holds `permission` anywhere."""
    return current_user.is_authenticated and bool(grants_with(permission))


def grants_with(permission: Permission) -> list[RoleGrant]:
    """Return the grants of this request that hold `permission`; a token's scope may lack it.

    What was handed to a person is not passed on to programs.
    """
    scope: frozenset[str] | None = g.get("scope")
    if scope is not None:
        return own_grants_with(permission) if permission in scope else []
    # One's own account is open to whoever signs in, also where an administrator may do nothing.
    held = [*g.grants, *g.withheld] if permission is Permission.BE_HERE else g.grants
    return [grant for grant in held if grant.role in GRANTS[permission]]


def own_grants_with(permission: Permission) -> list[RoleGrant]:
    """Return those that hold `permission` and were not handed over by somebody on leave."""
    return [
        grant
        for grant in g.grants
        if grant.role in GRANTS[permission] and grant.delegated_from_id is None
    ]


def note_for_whom(permission: Permission) -> None:
    """Note for the log that this request needs what was handed over.

    By whom is looked up when somebody acts: most requests only read.
    """
    g.acts_by = [grant for grant in grants_with(permission) if grant.delegated_from_id is not None]


class NotFromHere(Forbidden):
    """A role holds what is asked for, but not at this address (ITOPS_ADMIN_NETWORKS)."""

    def __init__(self, address: str) -> None:
        super().__init__()
        self.message = Message("admin_networks.not_here", {"address": address})


def refuse(permission: Permission) -> NoReturn:
    """Turn a person away who lacks `permission`, and say so if it is only for the address."""
    if any(grant.role in GRANTS[permission] for grant in g.withheld):
        g.is_refused_for_address = True
        raise NotFromHere(request.remote_addr or "")
    abort(403)


def requires(permission: Permission) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Let only a signed-in person with `permission` reach the view; where, `scopes` decides."""

    def decorate(view: Callable[P, R]) -> Callable[P, R]:
        @wraps(view)
        def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
            if not current_user.is_authenticated:
                return login_manager.unauthorized()  # type: ignore[no-any-return]
            if not may(permission):
                refuse(permission)
            if g.get("stands_in") and not own_grants_with(permission):
                note_for_whom(permission)
            return view(*args, **kwargs)

        guarded.permission = permission  # type: ignore[attr-defined]
        return guarded

    return decorate


def open_to_all(reason: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Mark a view that needs no sign-in, and say why: a test reads both marks on every route."""

    def decorate(view: Callable[P, R]) -> Callable[P, R]:
        view.permission = f"open: {reason}"  # type: ignore[attr-defined]
        return view

    return decorate
