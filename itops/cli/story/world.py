"""The story's hospital: two modules on two servers behind one UPS, a ward, and three colleagues.

All of it is registered as people do it, by the services behind the forms.
"""

import getpass
from collections.abc import Sequence
from typing import Any

from sqlalchemy import select

from itops.checks.base import State
from itops.cli.story import watching
from itops.cli.story.cast import (
    ENGINEER,
    EVERYWHERE,
    OFFICER,
    PEOPLE,
    Addresses,
    World,
    by,
    person,
)
from itops.cli.story.installation import acting, wait_for
from itops.clock import utcnow
from itops.db import db
from itops.models import (
    Asset,
    ChannelKind,
    Criticality,
    Department,
    DependencyKind,
    HostKey,
    HostKeyState,
    LocationKind,
    Role,
    Site,
    SiteKind,
    SystemModule,
    User,
)
from itops.remote.mail import Security
from itops.services.alerting import channel_register, subscribing
from itops.services.alerting.channel_register import ChannelFacts
from itops.services.alerting.subscribing import Wish
from itops.services.assets import facts as asset_facts
from itops.services.assets import register as asset_register
from itops.services.checking import credential_facts, credentials, host_keys
from itops.services.labels import codes as asset_labels
from itops.services.modules import dependencies
from itops.services.modules import facts as module_facts
from itops.services.modules import register as module_register
from itops.services.modules.dependencies import Link
from itops.services.modules.graph import Node, NodeKind
from itops.services.modules.templates import template
from itops.services.places import changing as places
from itops.services.places.changing import Names
from itops.services.users import accounts
from itops.services.users.accounts import Particulars
from itops.services.users.role_grants import Grant

HOSPITAL = ("故事医院", "Story hospital")


def register_all(where: Addresses) -> World:
    """Register the hospital; its checks begin at once, and meet a host key that nobody knows."""
    with acting():
        site = places.add_site(_names(*HOSPITAL), SiteKind.COUNTY_HOSPITAL, None, **by())
        db.session.flush()
        people = {login: _person(login, name, role, site) for login, name, role in PEOPLE}
        _tell_people(people, where)
        laboratory, ward = (_department(*names, site) for names in _DEPARTMENTS)
        db.session.flush()
        room = _rooms(site)
        lis_server, his_server, ups, pc = _assets(site, ward, room)
        lis, his = (_module(code, site, people[ENGINEER]) for code in ("LIS", "HIS"))
        _arrows((lis, his), (lis_server, his_server, ups), (laboratory.id, ward.id))
        key = _credential(site)
        on_log = watching.log_check(lis_server, key.id, where)
        on_ups = watching.ups_check(ups, where)
        watching.database_check(lis, where)
        watching.make_plan("dust_servers", site, people[ENGINEER], tag=lis_server.tag)
        label = asset_labels.codes_of([pc.id], by=person(ENGINEER), at=utcnow())[pc.id]
        return World(
            site_id=site.id,
            lis_id=lis.id,
            ups_id=ups.id,
            pc_id=pc.id,
            label=label,
            log_check=on_log.id,
            ups_check=on_ups.id,
            public_key=key.public_text,
        )


def approve_host_key(fingerprint: str) -> None:
    """Wait until a check has met the server's key, compare it as a person does, and approve."""

    def met() -> HostKey | None:
        wanted = select(HostKey).where(HostKey.state == HostKeyState.PENDING)
        return db.session.scalars(wanted).first()

    found = wait_for(met, "host_key")
    if found.fingerprint != fingerprint:
        raise RuntimeError(found.fingerprint)
    with acting():
        key = db.session.get_one(HostKey, found.id)
        host_keys.approve(key, by=person(ENGINEER), at=utcnow())


_DEPARTMENTS = (("检验科", "Laboratory"), ("呼吸内科", "Respiratory ward"))


def _names(name: str, name_en: str = "") -> Names:
    return Names(name=name, name_en=name_en)


def _person(login: str, name: str, role: Role, site: Site) -> User:
    given = Particulars(login=login, name=name, email=f"{login}@story.example")
    return accounts.create(given, Grant(role, site), **by())


def _tell_people(people: dict[str, User], where: Addresses) -> None:
    settings = {
        "host": "localhost",
        "port": where.mail_port,
        "security": Security.NONE,
        "sender": "itops@story.example",
        "login": "",
    }
    facts = ChannelFacts(
        kind=ChannelKind.MAIL, name="邮件", language="", settings=settings, secrets={}
    )
    channel = channel_register.create(facts, **by())
    for login in (ENGINEER, OFFICER):
        wish = Wish(
            channel_id=channel.id,
            site_id=None,
            from_state=State.WARNING,
            from_criticality=Criticality.LOW,
        )
        subscribing.add(wish, people[login], within=EVERYWHERE, **by())


def _department(name: str, name_en: str, site: Site) -> Department:
    return places.add_department(_names(name, name_en), site, **by())


def _rooms(site: Site) -> int:
    house = places.add_location(
        _names("医技楼", "Diagnostics"), LocationKind.BUILDING, site, **by()
    )
    db.session.flush()
    floor = places.add_location(_names("2F"), LocationKind.FLOOR, house, **by())
    db.session.flush()
    room = places.add_location(_names("中心机房", "Machine room"), LocationKind.ROOM, floor, **by())
    db.session.flush()
    return room.id


def _assets(site: Site, ward: Department, room: int) -> list[Asset]:
    rows = (
        ("YJ-2F-0001", "server", "检验服务器", "Laboratory server", "high", room, None),
        ("YJ-2F-0002", "server", "HIS 服务器", "HIS server", "life", room, None),
        ("UPS-0001", "ups", "机房 UPS", "Machine room UPS", "high", room, None),
        ("ZY-5F-0007", "workstation", "护士站 2 号电脑", "Nurses' PC 2", "normal", None, ward.id),
    )
    return [
        asset_register.create(
            asset_facts.parse(
                {
                    "tag": tag,
                    "type_key": kind,
                    "name": name,
                    "name_en": name_en,
                    "lifecycle": "in_service",
                    "criticality": criticality,
                    "site_id": str(site.id),
                    "location_id": str(place or ""),
                    "department_id": str(department or ""),
                    "ip_address": "127.0.0.1" if kind in {"server", "ups"} else "",
                }
            ),
            within=EVERYWHERE,
            **by(),
        )
        for tag, kind, name, name_en, criticality, place, department in rows
    ]


def _module(code: str, site: Site, owner: User) -> SystemModule:
    known = template(code)
    if known is None:
        raise KeyError(code)
    typed = {
        "code": code,
        "name": known.name,
        "name_en": known.name_en,
        "site_id": str(site.id),
        "owner_id": str(owner.id),
        "criticality": known.criticality,
        "rpo_minutes": "1440",
        "rto_minutes": str(known.rto_minutes),
        "meanwhile": known.meanwhile,
        "meanwhile_en": known.meanwhile_en,
    }
    return module_register.create(module_facts.parse(typed), within=EVERYWHERE, **by())


def _arrows(
    modules: Sequence[SystemModule], assets: Sequence[Asset], served: Sequence[int]
) -> None:
    """Draw who stands on what: LIS and HIS on their servers, both servers on the UPS."""
    lis, his = (Node(NodeKind.MODULE, one.id) for one in modules)
    lis_server, his_server, ups = (Node(NodeKind.ASSET, one.id) for one in assets)
    laboratory, ward = (Node(NodeKind.DEPARTMENT, one) for one in served)
    arrows = [
        (DependencyKind.RUNS_ON, lis, lis_server),
        (DependencyKind.RUNS_ON, his, his_server),
        (DependencyKind.NEEDS, lis, his),
        (DependencyKind.POWERED_BY, lis_server, ups),
        (DependencyKind.POWERED_BY, his_server, ups),
        (DependencyKind.SERVES, laboratory, lis),
        (DependencyKind.SERVES, ward, his),
    ]
    for kind, upper, lower in arrows:
        dependencies.connect(Link(kind, upper, lower), within=EVERYWHERE, **by())


def _credential(site: Site) -> Any:
    typed = {
        "name": "itops-check",
        "kind": "ssh_key",
        "user_name": getpass.getuser(),
        "site_id": str(site.id),
        "makes_key": "1",
        "is_forced": "1",
    }
    return credentials.create(credential_facts.parse(typed), within=EVERYWHERE, **by())
