"""How places, machines and work are moved to somebody else's: attacks on parents, part two."""

from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

from itops.models import Enrolment, Host, Role, Site
from tests import factories
from tests.services.maintenance.planned import order


@dataclass(frozen=True)
class Attack:
    """A form that is good, and what makes it point at another's thing.

    The attacker holds the head's and the system administrator's roles at `here`, nothing `there`.
    """

    path: str
    form: dict[str, Any]
    #: The same form with this is refused; with `form` alone it is done.
    foreign: dict[str, Any] = field(default_factory=dict)
    foreign_path: str = ""


def worker(site: Site) -> int:
    return factories.user(role=Role.ENGINEER, site=site).id


def tag(site: Site) -> str:
    return factories.asset(site=site, ip_address="10.0.0.9").tag


def moved_department(here: Site, there: Site) -> Attack:
    ward = factories.department(site=here)
    inside = factories.site(parent=here)
    return Attack(
        f"/places/department/{ward.id}/move", {"parent": str(inside.id)}, {"parent": str(there.id)}
    )


def moved_site(here: Site, there: Site) -> Attack:
    ward, inside = factories.site(parent=here), factories.site(parent=here)
    return Attack(
        f"/places/site/{ward.id}/move", {"parent": str(inside.id)}, {"parent": str(there.id)}
    )


def moved_location(here: Site, there: Site) -> Attack:
    room = factories.location(site=here)
    houses = [factories.location(site=one, kind="building") for one in (here, there)]
    form = {"within": str(houses[0].id)}
    return Attack(f"/places/location/{room.id}/move", form, {"within": str(houses[1].id)})


def added_location(here: Site, there: Site) -> Attack:
    form = {"kind": "building", "name": "新楼"}
    return Attack(f"/places/site/{here.id}/add", form, foreign_path=f"/places/site/{there.id}/add")


def waiting(here: Site) -> Host:
    return factories.host(site=here, enrolment=Enrolment.PENDING)


def let_in(here: Site, there: Site) -> Attack:
    path = f"/enrolment/pending/{waiting(here).id}"
    return Attack(path, {"as": "none", "site": str(here.id)}, {"site": str(there.id)})


def linked(here: Site, there: Site) -> Attack:
    path = f"/hosts/{factories.host(site=here).id}/link"
    return Attack(path, {"tag": tag(here)}, {"tag": tag(there)})


def merged_host(here: Site, there: Site) -> Attack:
    host = factories.host(site=here)
    others = [str(factories.host(site=one).id) for one in (here, there)]
    form = {"into": others[0], "name": host.name}
    return Attack(f"/hosts/{host.id}/merge", form, {"into": others[1]})


def imported(here: Site, there: Site) -> Attack:
    form = {"site_id": str(here.id), "file": (BytesIO("资产编号,名称\nA-1,甲\n".encode()), "a.csv")}
    again = (BytesIO("资产编号,名称\nA-1,甲\n".encode()), "a.csv")
    return Attack("/assets/import", form, {"site_id": str(there.id), "file": again})


def given(here: Site, there: Site) -> Attack:
    ticket = factories.ticket(site_id=here.id)
    form = {"version": str(ticket.version), "assignee": str(worker(here))}
    return Attack(f"/tickets/{ticket.id}/assign", form, {"assignee": str(worker(there))})


def given_order(here: Site, there: Site) -> Attack:
    made = order(site=here)
    form = {"version": str(made.version), "assignee_id": str(worker(here))}
    path = f"/maintenance/orders/{made.id}/assign"
    return Attack(path, form, {"assignee_id": str(worker(there))})


def merged_ticket(here: Site, there: Site) -> Attack:
    ticket = factories.ticket(site_id=here.id)
    others = [str(factories.ticket(site_id=one.id).id) for one in (here, there)]
    form = {"version": str(ticket.version), "into": others[0]}
    return Attack(f"/tickets/{ticket.id}/merge", form, {"into": others[1]})
