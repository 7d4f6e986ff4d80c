"""How each foreign key that a form writes is pointed at somebody else's thing."""

from collections.abc import Callable
from typing import Any

from itops.db import db
from itops.models import Role, SeenBy, Site
from tests import factories
from tests.auth import parent_moves as moves
from tests.auth.changes_beyond import _backup_form
from tests.auth.changes_of_leave import DAYS
from tests.auth.changes_of_maintenance import _form as plan_form
from tests.auth.check_changes import TCP
from tests.auth.parent_moves import Attack
from tests.services.alerting.world import mail_channel

Make = Callable[[Site, Site], Attack]


def _asset_form(here: Site, **form: Any) -> dict[str, Any]:
    kind = factories.asset_type().key
    return {"tag": "X-1", "name": "新", "site_id": str(here.id), "type_key": kind} | form


def _asset(field_name: str, make: Callable[..., Any]) -> Make:
    def attack(here: Site, there: Site) -> Attack:
        form = _asset_form(here, **{field_name: str(make(site=here).id)})
        return Attack("/assets/new", form, {field_name: str(make(site=there).id)})

    return attack


def _at_site(path: str, form: Callable[[Site], dict[str, Any]], name: str = "site_id") -> Make:
    return lambda here, there: Attack(
        path, form(here) | {name: str(here.id)}, {name: str(there.id)}
    )


def _module_form(here: Site) -> dict[str, Any]:
    return {"code": "LIS", "name": "检验系统", "site_id": str(here.id)}


def _with(
    path: str, form: Callable[[Site], dict[str, Any]], **thing: Callable[[Site], Any]
) -> Make:
    """Return an attack by one field whose value is made at a site."""
    [(name, make)] = thing.items()
    return lambda here, there: Attack(
        path, form(here) | {name: str(make(here))}, {name: str(make(there))}
    )


def _id_of(make: Callable[..., Any]) -> Callable[[Site], int]:
    return lambda site: int(make(site=site).id)


def _module_id(site: Site) -> int:
    return factories.module(site=site).id


def _plan(here: Site, **form: Any) -> dict[str, Any]:
    factories.asset_type()
    return plan_form() | {"site_id": str(here.id)} | form


def _plan_on(target: str) -> Callable[[Site], dict[str, Any]]:
    return lambda here: _plan(here, target=target)


def _check_form(here: Site) -> dict[str, Any]:
    return TCP | {"site_id": str(here.id)}


def _ssh(here: Site) -> dict[str, Any]:
    tag = factories.asset(site=here, ip_address="10.0.0.9").id
    return {"kind": "load", "name": "neu", "asset_id": str(tag), "port": "22"}


def _backup(here: Site) -> dict[str, Any]:
    return _backup_form(_module_id(here))


def _seen_by_check(here: Site) -> dict[str, Any]:
    return _backup(here) | {"seen_by": SeenBy.SSH.value}


def _file_check(site: Site) -> int:
    return factories.check(module=factories.module(site=site), kind="file").id


def _ticket(_here: Site) -> dict[str, Any]:
    return {"title": "坏了"}


def _quiet(_here: Site) -> dict[str, Any]:
    return {"reason": "换内存", "starts": "2099-01-01", "ends": "2099-01-02"}


def _stands(field_name: str, kind: str, make: Callable[[Site], Any]) -> Make:
    def attack(here: Site, there: Site) -> Attack:
        path = f"/modules/stands/module/{_module_id(here)}"
        form = {"kind": kind, field_name: str(make(here))}
        return Attack(path, form, {field_name: str(make(there))})

    return attack


def _stands_as(kind: str, make: Callable[..., Any]) -> Make:
    """Draw an arrow out of another's thing."""

    def attack(here: Site, there: Site) -> Attack:
        paths = [f"/modules/stands/{kind}/{make(site=one).id}" for one in (here, there)]
        sense = "runs_on" if kind == "module" else "needs"
        return Attack(paths[0], {"kind": sense, "tag": moves.tag(here)}, foreign_path=paths[1])

    return attack


def _granted(field_name: str, make: Callable[[Site], int]) -> Make:
    def attack(here: Site, there: Site) -> Attack:
        who = factories.user(role=Role.REPORTER, site=here)
        form = {"role": "department_contact" if field_name == "department" else "engineer"}
        return Attack(
            f"/users/{who.id}/roles",
            form | {field_name: str(make(here))},
            {field_name: str(make(there))},
        )

    return attack


def _handed_over(here: Site, there: Site) -> Attack:
    """Hand over, for somebody who fell ill, what another has elsewhere."""
    ill, other, to = [factories.user(role=Role.ENGINEER, site=s) for s in (here, there, here)]
    form = {"to": str(to.id), "grant": str(ill.grants[0].id)} | DAYS
    return Attack(f"/users/{ill.id}/leave", form, {"grant": str(other.grants[0].id)})


def _named(make: Callable[[Site], str]) -> Make:
    def attack(here: Site, there: Site) -> Attack:
        who = factories.user(role=Role.REPORTER, site=here)
        form = {"role": "vendor", "ends_on": "2099-12-31", "things": make(here)}
        return Attack(f"/users/{who.id}/roles", form, {"things": make(there)})

    return attack


def _told(here: Site, there: Site) -> Attack:
    form = {"channel_id": str(mail_channel().id), "site_id": str(here.id)}
    return Attack("/alerts/subscriptions", form, {"site_id": str(there.id)})


def _credential(_here: Site) -> dict[str, Any]:
    return {"kind": "password", "name": "neu", "user_name": "x", "secret": "geheim"}


#: By "table.column".
ATTACKS: dict[str, Make] = {
    "asset.department_id": _asset("department_id", factories.department),
    "asset.location_id": _asset("location_id", factories.location),
    "asset.site_id": _at_site("/assets/new", _asset_form),
    "backup_job.check_id": _with("/backups/new", _seen_by_check, check_id=_file_check),
    "backup_job.module_id": _with("/backups/new", _backup, module_id=_module_id),
    "credential.site_id": _at_site("/checks/credentials/new", _credential),
    "department.site_id": moves.moved_department,
    "dependency.lower_asset_id": _stands("tag", "runs_on", moves.tag),
    "dependency.lower_module_id": _stands("module", "needs", _module_id),
    "dependency.upper_asset_id": _stands_as("asset", factories.asset),
    "dependency.upper_department_id": _stands("department", "serves", _id_of(factories.department)),
    "dependency.upper_module_id": _stands_as("module", factories.module),
    "enrolment_code.site_id": _at_site(
        "/enrolment/codes", lambda _here: {"uses": "1", "days": "7"}, "site"
    ),
    "host.asset_id": moves.linked,
    "host.merged_into_id": moves.merged_host,
    "host.site_id": moves.let_in,
    "import_draft.site_id": moves.imported,
    "location.parent_id": moves.moved_location,
    "location.site_id": moves.added_location,
    "maintenance_plan.asset_id": _with(
        "/maintenance/plans/new", _plan_on("asset"), asset_tag=moves.tag
    ),
    "maintenance_plan.department_id": _with(
        "/maintenance/plans/new", _plan, department_id=_id_of(factories.department)
    ),
    "maintenance_plan.location_id": _with(
        "/maintenance/plans/new", _plan, location_id=_id_of(factories.location)
    ),
    "maintenance_plan.module_id": _with(
        "/maintenance/plans/new", _plan_on("module"), module_id=_module_id
    ),
    "maintenance_plan.owner_id": _with("/maintenance/plans/new", _plan, owner_id=moves.worker),
    "maintenance_plan.site_id": _at_site("/maintenance/plans/new", _plan),
    "module.department_id": _with(
        "/modules/new", _module_form, department_id=_id_of(factories.department)
    ),
    "module.owner_id": _with("/modules/new", _module_form, owner_id=moves.worker),
    "module.site_id": _at_site("/modules/new", _module_form),
    "quiet.asset_id": _with("/alerts/quiets/new", _quiet, asset_tag=moves.tag),
    "quiet.module_id": _with("/alerts/quiets/new", _quiet, module_id=_module_id),
    "quiet.site_id": _at_site("/alerts/quiets/new", _quiet),
    "remote_check.asset_id": _with("/checks/new", lambda _: TCP, asset_id=_id_of(factories.asset)),
    "remote_check.credential_id": _with(
        "/checks/new", _ssh, credential_id=_id_of(factories.credential)
    ),
    "remote_check.module_id": _with("/checks/new", lambda _: TCP, module_id=_module_id),
    "remote_check.site_id": _at_site("/checks/new", _check_form),
    "role_grant.asset_id": _named(moves.tag),
    "role_grant.delegated_from_id": _handed_over,
    "role_grant.department_id": _granted("department", _id_of(factories.department)),
    "role_grant.module_id": _named(lambda site: factories.module(site=site).code),
    "role_grant.site_id": _granted("site", lambda site: site.id),
    "site.parent_id": moves.moved_site,
    "subscription.site_id": _told,
    "ticket.asset_id": _with("/tickets/new", _ticket, tag=moves.tag),
    "ticket.assignee_id": moves.given,
    "ticket.department_id": _with(
        "/tickets/new", _ticket, department_id=_id_of(factories.department)
    ),
    "ticket.merged_into_id": moves.merged_ticket,
    "ticket.module_id": _with(
        "/tickets/new",
        lambda here: _ticket(here) | {"site_id": str(here.id)},
        module_id=_module_id,
    ),
    "ticket.site_id": _at_site("/tickets/new", _ticket),
    "work_order.assignee_id": moves.given_order,
}


def made(attack: Make, here: Site, there: Site) -> Attack:
    """Return the attack on things that stand in the database."""
    found = attack(here, there)
    db.session.commit()
    return found
