"""Random hospitals: trees of sites, things that bear a mark of their own, people with roles.

What a person may see is told here a second time, from the grants alone and as simply as can be:
it is what the pages are compared with.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count
from random import Random
from typing import Any

from sqlalchemy import select

from itops.auth.permissions import GRANTS, Permission
from itops.clock import utcnow
from itops.db import Base, db
from itops.errors import Message
from itops.models import (
    Asset,
    Department,
    EnrolmentCode,
    Evidence,
    ProvenBy,
    Quiet,
    QuietKind,
    Role,
    RoleGrant,
    Site,
    SystemModule,
    User,
    WorkOrderItem,
)
from itops.services.maintenance import findings
from itops.services.secrets.secrecy import secret_hash
from itops.services.users.handing_over import NEVER_HANDED
from itops.services.users.role_grants import EVERYWHERE_ONLY
from tests import factories
from tests.services.alerting.world import trouble
from tests.services.maintenance.planned import order, plan

#: Kind of thing → what lets a person see that it is there.
SEEN_WITH = {
    "alert": Permission.VIEW_ALERTS,
    "asset": Permission.VIEW_ASSETS,
    "backup": Permission.VIEW_BACKUPS,
    "check": Permission.VIEW_CHECKS,
    "code": Permission.MANAGE_HOSTS,
    "host": Permission.VIEW_HEALTH,
    "module": Permission.VIEW_MODULES,
    "order": Permission.VIEW_MAINTENANCE,
    "plan": Permission.VIEW_MAINTENANCE,
    "quiet": Permission.VIEW_ALERTS,
    "ticket": Permission.VIEW_TICKETS,
    "word": Permission.VIEW_MAINTENANCE,
}
ITEMS = select(WorkOrderItem.asset_id)
_number = count(1)


@dataclass(frozen=True)
class Thing:
    """Something with a mark that stands nowhere else, and where it belongs."""

    kind: str
    id: int
    mark: str
    site_id: int | None
    department_id: int | None
    #: What it is, or is about.
    assets: frozenset[int] = frozenset()
    modules: frozenset[int] = frozenset()


@dataclass
class World:
    """A hospital, what is in it, and who works there."""

    parents: dict[int, int | None] = field(default_factory=dict)
    departments: list[Department] = field(default_factory=list)
    things: list[Thing] = field(default_factory=list)
    people: list[User] = field(default_factory=list)

    def covers(self, user: User, permission: Permission, thing: Thing) -> bool:
        """Whether one of the person's roles lets them do this to the thing."""
        return any(
            self._holds(grant, thing) for grant in user.grants if grant.role in GRANTS[permission]
        )

    def seen_by(self, user: User) -> set[str]:
        """Return the marks of all that a person may see.

        The name of an asset's machine stands on the asset's page, for whoever may open that.
        """
        own = {
            key
            for one in self.things
            if one.kind == "asset" and self.covers(user, Permission.VIEW_ASSETS, one)
            for key in one.assets
        }
        with_asset = {one.mark for one in self.things if one.kind == "host" and one.assets & own}
        seen = {one.mark for one in self.things if self.covers(user, SEEN_WITH[one.kind], one)}
        return seen | with_asset

    def _holds(self, grant: RoleGrant, thing: Thing) -> bool:
        at = utcnow()
        if (grant.starts_at or at) > at or (grant.ends_at and grant.ends_at <= at):
            return False
        if grant.role is Role.VENDOR:
            return grant.asset_id in thing.assets or grant.module_id in thing.modules
        if grant.department_id is not None:
            return thing.department_id == grant.department_id
        return grant.site_id is None or grant.site_id in self._line(thing.site_id)

    def _line(self, site_id: int | None) -> set[int]:
        """Return a site and all above it."""
        found = set()
        while site_id is not None:
            found.add(site_id)
            site_id = self.parents[site_id]
        return found


def mark(kind: str) -> str:
    return f"zq{kind}{next(_number)}z"


def make(random: Random, *, sites: int = 6, people: int = 6) -> World:
    """Return a random hospital, stored."""
    world = World()
    places: list[Site] = []
    for _ in range(sites):
        parent = random.choice([None, *places])
        place = factories.site(parent=parent)
        places.append(place)
        world.parents[place.id] = parent.id if parent else None
        wards = [factories.department(site=place) for _ in range(random.randrange(3))]
        world.departments += wards
        _furnish(world, random, place, wards)
    for _ in range(people):
        world.people.append(_person(world, random))
    _go_on_leave(world, _aside(random))
    db.session.commit()
    return world


def _furnish(world: World, random: Random, place: Site, wards: list[Department]) -> None:
    """Put things into a site, some of them into one of its departments."""

    def ward() -> Department | None:
        return random.choice([None, *wards])

    def put(kind: str, row: Any, name: str) -> None:
        where = getattr(row, "department_id", None)
        about = [frozenset({_key(row, one)} - {None}) for one in (Asset, SystemModule)]
        if kind == "order":
            about[0] |= set(db.session.scalars(ITEMS.where(WorkOrderItem.order_id == row.id)))
        world.things.append(Thing(kind, row.id, name, row.site_id, where, *about))

    assets = []
    for _ in range(2):
        name = mark("asset")
        assets.append(factories.asset(tag=name, name=name, site=place, department=ward()))
        put("asset", assets[-1], name)
    name = mark("module")
    module = factories.module(code=name, name=name, site=place, department=ward())
    put("module", module, name)
    name = mark("host")
    put("host", factories.host(name=name, site=place, asset=assets[0]), name)
    _watch(put, random, assets[1], module)
    _keep(put, random, place, ward(), (assets[0], module))
    _share(world, put, random, place, assets)


def _key(row: Any, model: type[Asset] | type[SystemModule]) -> Any:
    """Return the key of the asset or module that a row is, or is about."""
    return row.id if isinstance(row, model) else getattr(row, f"{model.__tablename__}_id", None)


def _watch(put: Any, random: Random, asset: Any, module: Any) -> None:
    about = random.choice([{"asset": asset}, {"module": module}])
    where = next(iter(about.values()))
    name = mark("check")
    made = factories.check(name=name, department=where.department, **about)
    put("check", made, name)
    name = mark("alert")
    where = {"site_id": asset.site_id, "department_id": asset.department_id, "asset_id": asset.id}
    put("alert", trouble(f"asset:{asset.id}", name_en=name, **where | {"name": name}), name)
    name = mark("backup")
    put("backup", factories.backup(name=name, module=module), name)


def _keep(
    put: Any, random: Random, place: Site, ward: Department | None, about: tuple[Any, Any]
) -> None:
    at, name = utcnow(), mark("ticket")
    where: dict[str, Any] = {"site_id": place.id, "department_id": ward.id if ward else None}
    put("ticket", factories.ticket(title=name, at=at, **where | _about(random, *about)), name)
    name, where = mark("plan"), {"site": place, "department_id": where["department_id"]}
    put("plan", plan(name=name, **where | _about(random, *about)), name)
    name = mark("order")
    due = {"due_on": at.date(), "name": name}
    if random.random() < 0.5:
        items = {"assets": [about[0]], "department_id": about[0].department_id}
        put("order", order(**due, **where | items), name)
    else:
        put("order", order(**due, **where | _about(random, *about)), name)
    name = mark("quiet")
    ends = at + timedelta(hours=2)
    row = Quiet(kind=QuietKind.WINDOW, reason=name, starts_at=at, ends_at=ends, site=place)
    put("quiet", _added(row, created_at=at, created_by="甲"), name)
    name = mark("code")
    code = EnrolmentCode(code_hash=secret_hash(name), hint="x", site=place, note=name, ends_at=ends)
    put("code", _added(code, created_at=at, created_by="甲"), name)


def _share(world: World, put: Any, random: Random, place: Site, assets: Sequence[Asset]) -> None:
    """Make an order over several machines; what was found at one of them has a mark of its own."""
    at, name, words = utcnow(), mark("order"), mark("word")
    made = order(due_on=at.date(), name=name, site=place, assets=assets)
    put("order", made, name)
    wanted = select(WorkOrderItem).where(WorkOrderItem.order_id == made.id)
    item = _aside(random).choice(db.session.scalars(wanted).all())
    said = Message(findings.FOUND, {"name": "甲", "n": 1}).as_json()
    facts = {"answers": [], findings.REMARK: words}
    row = Evidence(order_id=made.id, item=item, rule="attested", kind=ProvenBy.PERSON, at=at)
    about = frozenset({item.asset_id})
    proof = _added(row, message=said, facts=facts, is_finding=True)
    world.things.append(Thing("word", proof.id, words, place.id, None, about))


def _about(random: Random, asset: Asset, module: SystemModule) -> dict[str, Any]:
    """Return the facts of something about one of these, or about neither."""
    one = random.choice([None, asset, module])
    if one is None:
        return {}
    return {f"{one.__tablename__}_id": one.id, "department_id": one.department_id}


def _person(world: World, random: Random) -> User:
    """Return somebody with up to three roles here and there."""
    user = factories.user()
    for role in random.sample(list(Role), random.randrange(1, 4)):
        user.grants.append(grant(world, random, role))
    db.session.flush()
    return user


def grant(world: World, random: Random, role: Role) -> RoleGrant:
    dice = random.random()
    if role is Role.VENDOR:
        return _named(world, random)
    if role in EVERYWHERE_ONLY:
        return RoleGrant(role=role)
    if (dice < 0.3 or role is Role.DEPARTMENT_CONTACT) and world.departments:
        ward = random.choice(world.departments)
        return RoleGrant(role=role, site_id=ward.site_id, department_id=ward.id)
    return RoleGrant(role=role, site_id=random.choice(list(world.parents)) if dice < 0.95 else None)


def _aside(random: Random) -> Random:
    """Return dice of their own, so that those of the caller fall as they would have."""
    other = Random()  # noqa: S311 - the same each time, from here on
    other.setstate(random.getstate())
    return other


def _go_on_leave(world: World, random: Random) -> None:
    """Let some hand a role of theirs to a colleague: for now, for later, or until yesterday."""
    at = utcnow()
    own = [(giver, grant) for giver in world.people for grant in giver.grants]
    for giver, one in own:
        if one.role in NEVER_HANDED or random.random() < 0.6:
            continue
        colleague = random.choice([other for other in world.people if other is not giver])
        first, last = random.choice([(-2, 3), (1, 4), (-5, -1)])
        handed = RoleGrant(role=one.role, site_id=one.site_id, department_id=one.department_id)
        handed.starts_at, handed.ends_at = at + timedelta(first), at + timedelta(last)
        handed.delegated_from = one
        colleague.grants.append(handed)
    db.session.flush()


def _named(world: World, random: Random) -> RoleGrant:
    """Return a grant of one asset or module to a vendor's engineer."""
    thing = random.choice([one for one in world.things if one.kind in {"asset", "module"}])
    ends = utcnow() + timedelta(days=9)
    return RoleGrant(role=Role.VENDOR, ends_at=ends, **{f"{thing.kind}_id": thing.id})


def _added(row: Base, **given: Any) -> Any:
    for name, value in given.items():
        setattr(row, name, value)
    db.session.add(row)
    db.session.flush()
    return row
